"""What lowers the quality of a verdict, by named reasons."""

from __future__ import annotations

from collections.abc import Sequence

from wirewitness.find.chance import MARKED_FROM
from wirewitness.find.digests import WEAK
from wirewitness.judge.scope import Scope
from wirewitness.model.exposure import Exposure
from wirewitness.model.instant import hours
from wirewitness.model.reason import Quality
from wirewitness.model.remark import Remark
from wirewitness.model.verdict import Outcome

_FOUND = (Outcome.SUPPORTED, Outcome.CONTRADICTED)
_SILENT = (Outcome.NOT_OBSERVED, Outcome.WITHSTOOD)


def quality_of(scope: Scope, outcome: Outcome, shown: Sequence[Exposure]) -> tuple[Remark, ...]:
    """Every reason that applies, in a fixed order."""
    remarks = [*_of_reading(scope), Remark.of(Quality.ONE_DEVICE), *_of_records(scope)]
    if outcome in _SILENT:
        remarks += _of_silence(scope)
    return (*remarks, *_of_findings(scope, shown), *_of_trials(scope, outcome, shown))


def _of_trials(scope: Scope, outcome: Outcome, shown: Sequence[Exposure]) -> list[Remark]:
    """What is weak in trials that a verdict rests on."""
    mine = [r for r in scope.evidence.trials if r.claim == scope.claim.id]
    by_trials = any(r.state == "shown" for r in mine) and outcome in _FOUND and not shown
    remarks = [Remark.of(Quality.BY_VOLUME), Remark.of(Quality.ONE_RUN)] if by_trials else []
    if left_out := sum(r.outside + r.uncaptured for r in mine):
        remarks.append(Remark.of(Quality.WINDOWS_LEFT_OUT, count=left_out))
    if deviated := sum(r.deviated for r in mine):
        remarks.append(Remark.of(Quality.TRIALS_DEVIATED, count=deviated))
    return remarks


def _of_reading(scope: Scope) -> list[Remark]:
    """What of the traffic was not read, lost or tried in vain."""
    remarks = []
    if unread := sum(scope.holes.values()):
        up = sum(traffic.up for traffic in scope.traffic)
        remarks.append(Remark.of(Quality.COVERAGE, share=round(max(0.0, 1 - unread / max(up, unread)), 4)))
    if scope.evidence.dropped:
        remarks.append(Remark.of(Quality.PACKETS_DROPPED, count=scope.evidence.dropped))
    if unproven := scope.nanoseconds("unproven"):
        remarks.append(Remark.of(Quality.HOURS_UNPROVEN, hours=hours(unproven)))
    if retried := sum(traffic.retried for traffic in scope.traffic):
        remarks.append(Remark.of(Quality.ATTEMPTS_RETRIED, attempts=retried))
    return remarks


def _of_records(scope: Scope) -> list[Remark]:
    """What is known of the phone's states and firmware, and from whom."""
    claim, evidence = scope.claim, scope.evidence
    remarks = []
    if claim.about == "contact" and claim.rhythm is not None:
        remarks.append(Remark.of(Quality.NOT_RANDOMISED))
    if not evidence.events_given:
        remarks.append(Remark.of(Quality.NO_EVENTS_LOG))
    elif claim.when or claim.uncovered_only or claim.about == "state":
        remarks.append(Remark.of(Quality.RECORD_OF_THE_TESTER))
    if evidence.clocks_differ_s and (claim.when or claim.uncovered_only):
        remarks.append(Remark.of(Quality.CLOCKS_DIFFER, seconds=evidence.clocks_differ_s))
    if evidence.modified_firmware:
        remarks.append(Remark.of(Quality.MODIFIED_FIRMWARE))
    return remarks


def _of_findings(scope: Scope, shown: Sequence[Exposure]) -> list[Remark]:
    """What is weak in the findings themselves."""
    remarks = []
    short = scope.evidence.short
    if facts := tuple(sorted({e.fact for e in shown if e.fact is not None and e.fact in short})):
        remarks.append(Remark.of(Quality.SHORT_FACTS, facts=facts))
    if weak := [e for e in shown if e.fact is not None and e.digest in WEAK]:
        digests = tuple(sorted({e.digest for e in weak}))
        remarks.append(Remark.of(Quality.WEAK_DIGEST, facts=_facts(weak), digests=digests))
    if chancy := [e for e in shown if e.fact is not None and e.chance >= MARKED_FROM]:
        p = max(e.chance for e in chancy)
        remarks.append(Remark.of(Quality.BY_CHANCE, facts=_facts(chancy), p=p))
    if kinds := tuple(sorted({e.kind for e in shown if e.fact is None})):
        remarks.append(Remark.of(Quality.BY_SHAPE, kinds=kinds))
    return remarks


def _facts(exposures: Sequence[Exposure]) -> tuple[str, ...]:
    return tuple(sorted({e.fact for e in exposures if e.fact is not None}))


def _of_silence(scope: Scope) -> list[Remark]:
    """Kinds that the claim names and that nothing was planted for, or no value of which was known."""
    planted = {
        kind for name in scope.claim.controls for entry in scope.evidence.planted[name].data for kind in entry
    }
    remarks = []
    if kinds := tuple(kind for kind in scope.claim.kinds if kind not in scope.evidence.searched):
        remarks.append(Remark.of(Quality.KINDS_WITHOUT_FACTS, kinds=kinds))
    if kinds := tuple(kind for kind in scope.claim.kinds if kind not in planted):
        remarks.append(Remark.of(Quality.KINDS_WITHOUT_CONTROL, kinds=kinds))
    return remarks
