"""Why a silence proves nothing: each rule looks for one thing that could have hidden what was not found.

A rule gives remarks on why, and instructions that would mend it. No false comfort: one is enough for *cannot
tell*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wirewitness.find.holes import GAP, UNSIZED
from wirewitness.judge.matching import Matches
from wirewitness.judge.scope import Scope, carrier_bytes
from wirewitness.model.case_file import condition_text, host_matches
from wirewitness.model.exposure import Exposure
from wirewitness.model.instant import NS, hours
from wirewitness.model.reason import Missing, Reason
from wirewitness.model.remark import Remark

LEAST_NS = 3600 * NS
TOLERATED_NS = 600 * NS
TOLERATED_SHARE = 0.01
_IDENTIFIERS = "identifier."
MOST_NAMED = 8
"""Destinations named one by one; the largest come first."""


@dataclass
class Blindness:
    """Reasons and instructions, in the order of the rules."""

    reasons: list[Remark] = field(default_factory=list)
    missing: list[Remark] = field(default_factory=list)

    def add(self, reason: Remark, *instructions: Remark) -> None:
        """One thing that blinds, and what would mend it."""
        self.reasons.append(reason)
        self.missing += [one for one in instructions if one not in self.missing]


def blind_spots(scope: Scope, matches: Matches) -> Blindness:
    """Every rule, in order."""
    blindness = Blindness()
    for rule in _RULES:
        rule(scope, matches, blindness)
    return blindness


def unknown_conditions(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """Part of the period may or may not be under the claim's condition."""
    time = scope.nanoseconds("proven", "unproven", "none", known=False)
    if scope.claim.when and time > _tolerated(scope):
        keys = scope.unknown_keys
        blindness.add(
            Remark.of(Reason.CONDITION_UNKNOWN, keys=keys, hours=hours(time)),
            Remark.of(Missing.SUPPLY_EVENTS, keys=keys),
        )


def unclear_findings(scope: Scope, matches: Matches, blindness: Blindness) -> None:
    """Something of the claim's kinds was found, and whether it is what the claim speaks of is not known."""
    for question, found in sorted(matches.unclear.items()):
        count, first = len(found), found[0]
        if question == "condition":
            keys = tuple(sorted({k for e in found for k in scope.claim.when if k not in e.conditions}))
            blindness.add(
                Remark.of(Reason.EXPOSURE_CONDITION_UNKNOWN, count=count, keys=keys),
                Remark.of(Missing.SUPPLY_EVENTS, keys=keys),
            )
        elif question == "consent":
            blindness.add(Remark.of(Reason.CONSENT_UNKNOWN, count=count), Remark.of(Missing.SUPPLY_CONSENT))
        else:
            destination = first.destination or first.address
            blindness.add(
                Remark.of(Reason.COUNTRY_UNKNOWN, count=count, destination=destination),
                Remark.of(Missing.SUPPLY_DATABASE),
            )


def unknown_consent(scope: Scope, matches: Matches, blindness: Blindness) -> None:
    """Nobody wrote down what the owner did, so that no consent can be told from none."""
    if scope.claim.uncovered_only and not scope.evidence.timeline.known and "consent" not in matches.unclear:
        blindness.add(Remark.of(Reason.CONSENT_BASIS_UNKNOWN), Remark.of(Missing.SUPPLY_CONSENT))


def leads(_: Scope, matches: Matches, blindness: Blindness) -> None:
    """Fields named like the claim's kinds, or images of nobody known: no evidence, not nothing."""
    by_host: dict[str, list[Exposure]] = {}
    for lead in matches.leads:
        by_host.setdefault(lead.destination or lead.address, []).append(lead)
    for destination, found in sorted(by_host.items()):
        kinds = tuple(sorted({lead.kind for lead in found}))
        blindness.add(
            Remark.of(Reason.LEADS_ONLY, count=len(found), kinds=kinds, destination=destination),
            Remark.of(Missing.FOLLOW_LEADS, kinds=kinds),
        )


def unread_bytes(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """Bytes that were captured and not read, enough to carry what was not found."""
    holes = {key: size for key, size in scope.holes.items() if key[2] != GAP}
    unsized = any(reason == UNSIZED for _, _, reason in holes)
    if sum(holes.values()) < carrier_bytes(scope.claim.kinds) and not unsized:
        return
    largest = sorted(holes.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMED]
    for (host, address, reason), size in largest:
        if host or not scope.claim.hosts:
            told = Remark.of(Reason.UNREAD_BYTES, destination=host or address, bytes=size, reason=reason)
        else:
            told = Remark.of(Reason.UNREAD_UNNAMED, address=address, bytes=size, reason=reason)
        blindness.add(told, _mend(reason, host or address, size))


def _mend(reason: str, destination: str, size: int) -> Remark:
    if reason == "own_encryption":
        return Remark.of(Missing.SUPPLY_AUDIT_EXPORT, destination=destination)
    if reason in ("unknown_protocol", "unsupported_cipher", "coding", "encrypted_transport", "call_media"):
        return Remark.of(Missing.DECODE_PROTOCOL, destination=destination, bytes=size)
    if reason in ("not_recorded", UNSIZED):
        return Remark.of(Missing.CAPTURE_PACKETS, hosts=(destination,))
    if reason in ("after_gap", "midstream"):
        return Remark.of(Missing.AVOID_LOSS, destination=destination, bytes=size)
    return Remark.of(Missing.SUPPLY_KEYS, destination=destination)


def unexplained_tokens(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """Tokens like digests that are sent again and again: an identifier may be hashed in an unknown way."""
    if scope.claim.about == "answer" or not any(kind.startswith(_IDENTIFIERS) for kind in scope.claim.kinds):
        return
    largest = sorted(scope.tokens.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMED]
    for (destination, field_), count in largest:
        blindness.add(
            Remark.of(Reason.UNEXPLAINED_TOKENS, destination=destination, field=field_, count=count),
            Remark.of(Missing.EXPLAIN_TOKENS, destination=destination, field=field_),
        )


def missing_bytes(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """Bytes of the claim's flows that the capture lost."""
    gaps = {key: size for key, size in scope.holes.items() if key[2] == GAP}
    if sum(gaps.values()) < carrier_bytes(scope.claim.kinds):
        return
    for (host, address, _reason), size in sorted(gaps.items(), key=lambda item: (-item[1], item[0]))[
        :MOST_NAMED
    ]:
        destination = host or address
        blindness.add(
            Remark.of(Reason.GAP_BYTES, destination=destination, bytes=size),
            Remark.of(Missing.AVOID_LOSS, destination=destination, bytes=size),
        )


def refused_attempts(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """Connections that did not come about: what they would have carried was never seen."""
    for (destination, how), attempts in scope.refused.items():
        mend = Missing.ACCEPT_INTERCEPTION if how == "aborted_handshake" else Missing.RETRY_CONNECTION
        blindness.add(
            Remark.of(Reason.REFUSED, destination=destination, attempts=attempts, how=how),
            Remark.of(mend, destination=destination, attempts=attempts),
        )
    for destination in sorted({destination for destination, _ in scope.refused}):
        if apps := scope.apps_at(destination):
            blindness.reasons.append(Remark.of(Reason.REFUSED_BY_APPS, destination=destination, apps=apps))


def missing_hours(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """Hours under the claim's condition in which no capture ran, or perhaps none did."""
    missing = scope.nanoseconds("none")
    if missing > _tolerated(scope):
        blindness.add(
            Remark.of(Reason.HOURS_MISSING, hours=hours(missing)),
            Remark.of(
                Missing.CAPTURE_UNDER,
                condition=condition_text(scope.claim.when),
                hosts=scope.claim.hosts,
                hours=hours(missing),
            ),
        )
    unproven = scope.nanoseconds("unproven")
    if unproven > _tolerated(scope) and scope.evidence.partial:
        blindness.add(
            Remark.of(Reason.SOURCE_PARTIAL, sources=scope.evidence.partial),
            Remark.of(Missing.CAPTURE_PACKETS, hosts=scope.claim.hosts),
        )
    if unproven > _tolerated(scope) and scope.evidence.filtered:
        blindness.add(
            Remark.of(Reason.CAPTURE_FILTERED, captures=scope.evidence.filtered),
            Remark.of(Missing.CAPTURE_WITHOUT_FILTER, captures=scope.evidence.filtered),
        )
    if unproven > _tolerated(scope):
        blindness.add(
            Remark.of(Reason.HOURS_UNPROVEN, hours=hours(unproven)),
            Remark.of(Missing.KEEP_RECORDER_LOG, hours=hours(unproven)),
        )


def unread_captures(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """A capture that could not be read may hold anything, at any time."""
    captures = scope.evidence.unread_captures
    if captures:
        blindness.add(
            Remark.of(Reason.CAPTURES_UNREAD, captures=captures),
            Remark.of(Missing.SUPPLY_CAPTURES, captures=captures),
        )


def too_short(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """The condition held for less than an hour of capture."""
    time = scope.nanoseconds("proven")
    if time < LEAST_NS and not blindness.reasons:
        needed = hours(LEAST_NS)
        blindness.add(
            Remark.of(Reason.TOO_SHORT, hours=hours(time), needed=needed),
            Remark.of(
                Missing.CAPTURE_UNDER,
                condition=condition_text(scope.claim.when),
                hosts=scope.claim.hosts,
                hours=needed,
            ),
        )


def no_facts(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """None of the owner's values of these kinds was searched for."""
    kinds = scope.claim.kinds
    if kinds and not set(kinds) & scope.evidence.searched:
        blindness.add(Remark.of(Reason.NO_FACTS, kinds=kinds), Remark.of(Missing.SUPPLY_FACTS, kinds=kinds))


def controls(scope: Scope, _: Matches, blindness: Blindness) -> None:
    """No planted upload shows that one would have been found, with these hosts."""
    claim = scope.claim
    if not claim.controls:
        blindness.add(
            Remark.of(Reason.NO_CONTROL),
            Remark.of(Missing.PLANT_CONTROL, kinds=claim.kinds, hosts=claim.hosts),
        )
    for name in claim.controls:
        result = scope.evidence.controls[name]
        again = Remark.of(Missing.REPEAT_CONTROL, control=name, hosts=claim.hosts)
        if not result.passed:
            blindness.add(
                Remark.of(Reason.CONTROL_FAILED, control=name, found=result.found, expected=result.expected),
                again,
            )
        elif not any(host_matches(host, claim.hosts) for host in result.hosts):
            blindness.add(Remark.of(Reason.CONTROL_ELSEWHERE, control=name, hosts=result.hosts), again)


def _tolerated(scope: Scope) -> float:
    """Ten minutes, or a hundredth of the time under the condition."""
    whole = scope.nanoseconds("proven", "unproven", "none")
    return max(TOLERATED_NS, TOLERATED_SHARE * whole)


Rule = Callable[[Scope, Matches, Blindness], None]
_RULES: tuple[Rule, ...] = (
    no_facts,
    unknown_conditions,
    unclear_findings,
    unknown_consent,
    leads,
    unread_bytes,
    unexplained_tokens,
    missing_bytes,
    refused_attempts,
    missing_hours,
    unread_captures,
    too_short,
    controls,
)
