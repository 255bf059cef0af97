"""What of a case cannot be tested as it stands, and what to capture or supply: asked before the audit.

Each rule gives instructions; none is a verdict. What only the traffic can show (unread bytes, refused
attempts) is told by the audit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wirewitness.judge.about_contact import LEAST_HOURS
from wirewitness.judge.timeline import Recorded, Timeline, holds
from wirewitness.judge.trial_evidence import LEAST_WINDOWS
from wirewitness.judge.trial_plan import CODES
from wirewitness.model.case_file import CaseFile, Claim, condition_text
from wirewitness.model.instant import Instant, hours
from wirewitness.model.kind import expand
from wirewitness.model.reason import Missing
from wirewitness.model.remark import Remark

NEEDED_HOURS = 6.0


@dataclass(frozen=True)
class Prospect:
    """A case before its audit: `searched` are kinds that can be recognised, `keys` whether any were given."""

    case: CaseFile
    timeline: Timeline
    recorded: Sequence[Recorded]
    searched: frozenset[str]
    keys: bool


def find_missing(prospect: Prospect) -> dict[str, list[Remark]]:
    """Instructions by claim id, in the order of the claims; an empty list where nothing is missing."""
    return {claim.id: _of_claim(claim, prospect) for claim in prospect.case.claims}


def _of_claim(claim: Claim, prospect: Prospect) -> list[Remark]:
    found = [*_captured(claim, prospect), *_conditions(claim, prospect)]
    if claim.about in ("exposure", "answer"):
        found += [*_content(claim, prospect), *_controls(claim, prospect)]
    return list(dict.fromkeys(found))


def _spans(claim: Claim, prospect: Prospect) -> list[tuple[Instant, Instant]]:
    """The captured parts of the claim's period, cut where a state changes."""
    spans = []
    for capture in prospect.recorded:
        begin = max(capture.first, claim.period.from_ or capture.first)
        end = min(Instant(capture.last + 1), claim.period.until or Instant(capture.last + 1))
        cuts = [begin, *(t for t in prospect.timeline.changes if begin < t < end), end]
        spans += [(a, b) for a, b in pairwise(cuts) if a < b]
    return spans


def _captured(claim: Claim, prospect: Prospect) -> list[Remark]:
    if claim.about == "state":
        return []
    spans = _spans(claim, prospect)
    if not spans:
        period = claim.period
        if period.from_ is None and period.until is None:
            return [Remark.of(Missing.CAPTURE_LONGER, hours=LEAST_HOURS)]
        return [
            Remark.of(
                Missing.CAPTURE_PERIOD,
                from_=None if period.from_ is None else period.from_.text,
                until=None if period.until is None else period.until.text,
            )
        ]
    found = []
    time = sum(end - begin for begin, end in spans)
    if claim.about == "contact" and hours(time) < LEAST_HOURS:
        found.append(Remark.of(Missing.CAPTURE_LONGER, hours=LEAST_HOURS))
    if not any(event.event == "recorder" for event in prospect.case.events):
        found.append(Remark.of(Missing.KEEP_RECORDER_LOG, hours=hours(time)))
    return found


def _conditions(claim: Claim, prospect: Prospect) -> list[Remark]:
    keys = set(claim.when)
    if claim.state is not None:
        keys.add(claim.state.key)
    spans = _spans(claim, prospect)
    states = [prospect.timeline.at(begin) for begin, _ in spans]
    known = {key for key in keys if key in prospect.case.states} | {
        key for key in keys if states and all(key in state for state in states)
    }
    known |= {event.key for event in prospect.case.events if event.event == "state"}
    found = []
    if unknown := tuple(sorted(keys - known)):
        found.append(Remark.of(Missing.SUPPLY_EVENTS, keys=unknown))
    elif claim.when and spans and not any(holds(claim.when, state) for state in states):
        condition = condition_text(claim.when)
        found.append(
            Remark.of(Missing.CAPTURE_UNDER, condition=condition, hosts=claim.hosts, hours=NEEDED_HOURS)
        )
    if claim.uncovered_only and not prospect.timeline.known:
        found.append(Remark.of(Missing.SUPPLY_CONSENT))
    return found


def _content(claim: Claim, prospect: Prospect) -> list[Remark]:
    found = []
    lacking = tuple(kind for kind in claim.kinds if kind not in prospect.searched)
    if claim.about == "exposure" and lacking:
        found.append(Remark.of(Missing.SUPPLY_FACTS, kinds=lacking))
    if prospect.recorded and not prospect.keys and not _tried(claim, prospect):
        kinds = tuple(kind for kind in claim.kinds if kind in CODES)
        if kinds and not claim.uncovered_only:  # numbers of bytes say nothing of consent
            found.append(Remark.of(Missing.RUN_TRIALS, kinds=kinds, hosts=claim.hosts))
        destinations = claim.hosts or ("*",)
        found += [Remark.of(Missing.SUPPLY_KEYS, destination=host) for host in destinations]
    return found


def _tried(claim: Claim, prospect: Prospect) -> bool:
    """Whether a series with windows enough was registered for the claim."""
    trials = prospect.case.trials
    return trials is not None and any(
        claim.id in series.claims
        and len(series.windows) >= LEAST_WINDOWS
        and set(expand(series.kind)) <= set(claim.kinds)
        for series in trials.plan.series
    )


def _controls(claim: Claim, prospect: Prospect) -> list[Remark]:
    if not claim.controls or not prospect.recorded:
        return [Remark.of(Missing.PLANT_CONTROL, kinds=claim.kinds, hosts=claim.hosts)]
    by_id = {control.id: control for control in prospect.case.controls}
    found = []
    for name in claim.controls:
        period = by_id[name].period
        within = any(
            (period.until is None or capture.first < period.until)
            and (period.from_ is None or capture.last >= period.from_)
            for capture in prospect.recorded
        )
        if not within:
            found.append(Remark.of(Missing.REPEAT_CONTROL, control=name, hosts=claim.hosts))
    return found
