"""The right outcome of a claim under a sight, by the rules of the method and from what really happened.

It knows everything, so it decides only what could be *seen*: a departure that a perfect witness finds
supports or contradicts; silence is worth something only where the hosts of the claim were readable
throughout, the recorder ran, no attempt was refused, and every positive control was found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from wirelab.claims import Claim, Control
from wirelab.clock import nanoseconds
from wirelab.datum import SEALED, UNGUESSABLE, UNREADABLE, Mark
from wirelab.lab import Sent
from wirelab.sight import Sight
from wirelab.stage import FEWEST_BEATS, Stage
from wirelab.truth.departure import Departure, can_read, can_see
from wirelab.truth.why import Why

_ENOUGH_NS = 60 * 1_000_000_000
"""Shorter pauses of a recorder are nothing."""
CANNOT_TELL = "cannot_tell"
_TRIED = frozenset({"C1", "C2", "V2"})
"""The claims that a series of randomised trials can decide without keys."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a verdict is asked of."""

    stage: Stage
    departures: list[Departure]
    sight: Sight

    def judge(self, claim: Claim) -> tuple[str, tuple[Why, ...]]:
        """One of the six outcomes, as JSON spells them; where one cannot tell, why, in the order of `Why`."""
        outcome, whys = self._outcome(claim)
        return outcome, tuple(why for why in Why if why in whys)

    def _outcome(self, claim: Claim) -> tuple[str, set[Why]]:
        shown, empty = (
            ("supported", "not_observed") if claim.polarity == "asserts" else ("contradicted", "withstood")
        )
        if not self.sight.events and (claim.when or claim.consent == "uncovered" or claim.about == "state"):
            return CANNOT_TELL, {Why.NO_EVENTS}
        if claim.about == "state":
            return shown if self._state_shown(claim) else empty, set()
        if claim.about == "contact":
            return self._contact(claim, shown, empty)
        return (shown, set()) if self._shown(claim) else self._silence(claim, empty)

    def _silence(self, claim: Claim, empty: str) -> tuple[str, set[Why]]:
        """What it is worth that nothing was seen."""
        spans = self.stage.diary.spans(claim.when, *_period(claim))
        if not spans:
            return "not_tested", set()
        whys = self._blind(claim, spans)
        # What went through a resolver did go; where it arrived cannot be seen.
        if claim.countries and self._shown(replace(claim, countries=("",))):
            whys.add(Why.PLACE_UNKNOWN)
        return CANNOT_TELL if whys else empty, whys

    def _shown(self, claim: Claim) -> bool:
        if claim.about == "answer":
            seen = self._answers(claim)
            kinds = {kind for kind in claim.data if kind in seen}
            return kinds == set(claim.data) if claim.match == "all" else bool(kinds)
        found = {d.datum.kind for d in self.departures if self._counts(d, claim) and self._sees(d, claim)}
        if claim.match == "all":
            return all(any(_is_kind(kind, wanted) for kind in found) for wanted in claim.data)
        return bool(found)

    def _sees(self, departure: Departure, claim: Claim) -> bool:
        if self.sight.trials and claim.id in _TRIED and departure.sent.captured:
            return True
        return can_see(departure, self.sight, vendor=self.stage.is_vendor(departure.sent.host))

    def _counts(self, departure: Departure, claim: Claim) -> bool:
        sent, datum = departure.sent, departure.datum
        start, until = _period(claim)
        return (
            claim.matches_kind(datum.kind)
            and not datum.masked
            and not datum.foreign
            and _is_host(sent.host, claim.hosts)
            and (not claim.countries or sent.country in claim.countries)
            and start <= sent.time_ns < until
            and all(departure.conditions.get(key) in values for key, values in claim.when.items())
            and (claim.consent == "any" or not departure.covered)
        )

    def _answers(self, claim: Claim) -> set[str]:
        start, until = _period(claim)
        return {
            answer.kind
            for answer in self.stage.answers
            if start <= answer.time_ns < until
            and _is_host(answer.host, claim.hosts)
            and self._reads(answer.sent)
        }

    def _contact(self, claim: Claim, shown: str, empty: str) -> tuple[str, set[Why]]:
        start, until = _period(claim)
        hosts = {
            beat.host
            for beat in self.stage.beats
            if _is_host(beat.host, claim.hosts)
            and nanoseconds(beat.start) < until
            and nanoseconds(beat.until) > start
        }
        contacts = sum(
            sent.host in hosts and sent.captured and sent.protocol != "dns" and start <= sent.time_ns < until
            for sent in self.stage.sent
        )
        if contacts >= FEWEST_BEATS:
            return shown, set()
        spans = [(start, until)]
        whys = {Why.NOT_RECORDED} if self._was_down(spans) else set()
        if self._refused(claim, spans):
            whys.add(Why.REFUSED)
        return CANNOT_TELL if whys else empty, whys

    def _state_shown(self, claim: Claim) -> bool:
        if claim.state is None:
            raise ValueError(f"claim {claim.id} is about a state and names none")
        key, value, by = claim.state
        start, until = _period(claim)
        return any(
            row.event == "state"
            and (row.key, row.value, row.note) == (key, value, by)
            and start <= row.time_ns < until
            for row in self.stage.diary.rows
        )

    def _blind(self, claim: Claim, spans: list[tuple[int, int]]) -> set[Why]:
        whys = {
            why
            for sent in self.stage.sent
            if _is_host(sent.host, claim.hosts) and _in(sent.time_ns, spans)
            if (why := self._unread(sent)) is not None
        }
        if any(self._is_token(sent, claim) for sent in self.stage.sent if _in(sent.time_ns, spans)):
            whys.add(Why.UNEXPLAINED)
        if any(not self._passed(control) for control in self.stage.controls if control.id in claim.controls):
            whys.add(Why.CONTROL_UNSEEN)
        if self._refused(claim, spans):
            whys.add(Why.REFUSED)
        if self._was_down(spans):
            whys.add(Why.NOT_RECORDED)
        return whys

    def _unread(self, sent: Sent) -> Why | None:
        """Why a message was not read to its end; None when it was, or when nobody counts what was missed."""
        if not sent.captured:
            return None if self._missed_nothing(sent) else Why.NOT_RECORDED
        if not self._reads(sent):
            return Why.NO_KEYS
        return Why.SEALED if self._is_sealed(sent.mark) else None

    def _refused(self, claim: Claim, spans: list[tuple[int, int]]) -> bool:
        return any(
            _is_host(attempt.host, claim.hosts) and _in(attempt.time_ns, spans)
            for attempt in self.stage.attempts
        )

    def _reads(self, sent: Sent) -> bool:
        stage = self.stage
        return can_read(sent, self.sight, pinned=stage.is_pinned(sent), vendor=stage.is_vendor(sent.host))

    def _is_sealed(self, mark: object) -> bool:
        data = mark.data if isinstance(mark, Mark) else ()
        return any(
            UNREADABLE in datum.chain or (SEALED in datum.chain and not self.sight.audit_export)
            for datum in data
        )

    def _is_token(self, sent: Sent, claim: Claim) -> bool:
        """Whether it was read and carried what the claim is about as a token that only its receiver knows."""
        data = sent.mark.data if isinstance(sent.mark, Mark) else ()
        return (
            _is_host(sent.host, claim.hosts)
            and self._reads(sent)
            and any(UNGUESSABLE in datum.chain and claim.matches_kind(datum.kind) for datum in data)
        )

    def _missed_nothing(self, sent: Sent) -> bool:
        """Whether it carried nothing and passed in a pause so short that no witness counts it."""
        carried = isinstance(sent.mark, Mark) and bool(sent.mark.data or sent.mark.answers)
        return not carried and any(
            down.start_ns <= sent.time_ns < down.until_ns and down.until_ns - down.start_ns <= _ENOUGH_NS
            for down in self.stage.list_down()
        )

    def _passed(self, control: Control) -> bool:
        start, until = nanoseconds(control.start), nanoseconds(control.until)
        if set(control.data) <= {"software_update", "recommendation"}:
            seen = {
                answer.kind
                for answer in self.stage.answers
                if start <= answer.time_ns < until and self._reads(answer.sent)
            }
            return set(control.data) <= seen
        found = {
            departure.datum.fact
            for departure in self.departures
            if start <= departure.sent.time_ns < until
            and _is_host(departure.sent.host, control.hosts)
            and any(_is_kind(departure.datum.kind, wanted) for wanted in control.data)
            and can_see(departure, self.sight, vendor=self.stage.is_vendor(departure.sent.host))
        }
        return set(control.facts) <= found if control.facts else bool(found)

    def _was_down(self, spans: list[tuple[int, int]]) -> bool:
        return any(
            min(until, down.until_ns) - max(start, down.start_ns) > _ENOUGH_NS
            for start, until in spans
            for down in self.stage.list_down()
        )


def _period(claim: Claim) -> tuple[int, int]:
    return nanoseconds(claim.start), nanoseconds(claim.until)


def _is_host(host: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(host, pattern) for pattern in patterns)


def _is_kind(kind: str, wanted: str) -> bool:
    return kind == wanted or kind.startswith(wanted + ".")


def _in(time_ns: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= time_ns < until for start, until in spans)
