"""Independent runs judged together: what another audit of the same claims adds to a verdict.

Only a run with other captures (and, for trials, another plan) is independent. An outcome never changes: what
was shown stays shown, silence stays silence. Where both show the same by statistics, the strength may pass
*moderately strong*: e-values of independent runs multiply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from wirewitness.judge.trial_evidence import combined_e_value, strength_of_trials
from wirewitness.model.case_file import Claim
from wirewitness.model.reason import Missing, Note, Quality, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.result import Result, TrialResult, Verdict
from wirewitness.model.verdict import Outcome, Strength

_FOUND = (Outcome.SUPPORTED, Outcome.CONTRADICTED)


@dataclass(frozen=True)
class OtherRun:
    """The result of another audit, under the name of its folder."""

    name: str
    result: Result


def join_runs(result: Result, claims: Sequence[Claim], others: Sequence[OtherRun]) -> Result:
    """The result with what independent runs add to its verdicts and notes."""
    by_id = {claim.id: claim for claim in claims}
    runs, notes = _independent(result, others)
    verdicts = tuple(_joined(verdict, by_id[verdict.claim], result, runs) for verdict in result.verdicts)
    return replace(result, verdicts=verdicts, notes=(*result.notes, *notes))


def _independent(result: Result, others: Sequence[OtherRun]) -> tuple[list[OtherRun], list[Remark]]:
    """Runs that share no capture with this one or with each other; the others are told."""
    captures = _files_of(result)
    plans = {trial.plan_sha256 for trial in result.trials}
    kept: list[OtherRun] = []
    notes: list[Remark] = []
    for other in others:
        theirs = _files_of(other.result)
        their_plans = {trial.plan_sha256 for trial in other.result.trials}
        if theirs & captures or their_plans & plans:
            notes.append(Remark.of(Note.RUN_NOT_INDEPENDENT, audit=other.name))
            continue
        captures |= theirs
        plans |= their_plans
        kept.append(other)
    return kept, notes


def _files_of(result: Result) -> set[str]:
    return {file.sha256 for capture in result.captures for file in capture.files}


def _joined(verdict: Verdict, claim: Claim, result: Result, runs: Sequence[OtherRun]) -> Verdict:
    pairs = [
        (run, other)
        for run in runs
        for other in run.result.verdicts
        if (other.claim, other.polarity, other.text) == (verdict.claim, verdict.polarity, verdict.text)
    ]
    reasons = [
        Remark.of(
            Reason.RUN_AGREES if other.outcome is verdict.outcome else Reason.RUN_DIFFERS, audit=run.name
        )
        for run, other in pairs
    ]
    joined = replace(verdict, reasons=(*verdict.reasons, *reasons))
    agreeing = [(run, other) for run, other in pairs if other.outcome is verdict.outcome]
    if verdict.outcome not in _FOUND or not agreeing or verdict.evidence:
        return joined
    if _rests_on(verdict, Reason.TRIAL_SHOWN):
        trials = [
            _trials(run.result, claim) for run, other in agreeing if _rests_on(other, Reason.TRIAL_SHOWN)
        ]
        return _by_trials(joined, claim, [_trials(result, claim), *trials])
    if _rests_on(verdict, Reason.RHYTHM_SHOWN) and any(
        _rests_on(other, Reason.RHYTHM_SHOWN) for _, other in agreeing
    ):
        return replace(joined, strength=Strength.STRONG)
    return joined


def _rests_on(verdict: Verdict, reason: Reason) -> bool:
    return bool(verdict.reasons) and verdict.reasons[0].code == reason.value


def _trials(result: Result, claim: Claim) -> list[TrialResult]:
    return [trial for trial in result.trials if trial.claim == claim.id]


def _by_trials(verdict: Verdict, claim: Claim, runs: Sequence[Sequence[TrialResult]]) -> Verdict:
    if len(runs) < 2:
        return verdict
    e_value = prod(combined_e_value(claim, trials) for trials in runs)
    together = Remark.of(Reason.RUNS_TOGETHER, runs=len(runs), e_value=round(e_value, 2))
    return replace(
        verdict,
        strength=strength_of_trials(e_value, runs=len(runs)),
        reasons=(verdict.reasons[0], together, *verdict.reasons[1:]),
        missing=tuple(m for m in verdict.missing if m.code != Missing.RUN_AGAIN.value),
        quality=tuple(q for q in verdict.quality if q.code != Quality.ONE_RUN.value),
    )
