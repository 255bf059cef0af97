"""What the trials say of a claim: an opinion where they show it, else remarks beside what blinds."""

from __future__ import annotations

from wirewitness.judge.evidence import Evidence
from wirewitness.judge.opinion import Opinion, found
from wirewitness.judge.trial_evidence import (
    LEAST_E,
    LEAST_WINDOWS,
    POWER,
    combined_e_value,
    strength_of_trials,
)
from wirewitness.model.case_file import Claim
from wirewitness.model.reason import Alternative, Missing, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.result import TrialResult


def results_of(claim: Claim, evidence: Evidence) -> list[TrialResult]:
    """The registered series of a claim."""
    return [result for result in evidence.trials if result.claim == claim.id]


def shown_by_trials(claim: Claim, evidence: Evidence) -> Opinion | None:
    """Supported or contradicted by the number of bytes; None where the trials do not show the claim."""
    results = results_of(claim, evidence)
    shown = [result for result in results if result.state == "shown"]
    if not shown:
        return None
    e_value = combined_e_value(claim, results)
    return Opinion(
        found(claim),
        reasons=[_shown(result) for result in shown],
        missing=[Remark.of(Missing.RUN_AGAIN, series=result.series) for result in shown],
        strength=strength_of_trials(e_value, runs=1),
        alternative=Remark.of(Alternative.UNRELATED_BYTES),
    )


def _shown(result: TrialResult) -> Remark:
    return Remark.of(
        Reason.TRIAL_SHOWN,
        series=result.series,
        windows=result.used,
        destination=result.destination,
        lag_s=result.lag_s,
        p=result.p_holm,
        shuffles=result.shuffles,
        e_value=result.e_value,
    )


def trial_remarks(claim: Claim, evidence: Evidence) -> tuple[list[Remark], list[Remark]]:
    """Reasons and instructions of series that did not show the claim."""
    reasons: list[Remark] = []
    missing: list[Remark] = []
    for result in results_of(claim, evidence):
        match result.state:
            case "shown":
                reasons.append(_shown(result))
            case "unconfirmed":
                reasons.append(_unconfirmed(result))
                reasons += _excludes(result)
                missing.append(Remark.of(Missing.RUN_LONGER, series=result.series, windows=2 * result.used))
            case "not_shown":
                reasons.append(
                    Remark.of(
                        Reason.TRIAL_NOT_SHOWN, series=result.series, windows=result.used, p=result.p_holm
                    )
                )
                reasons += _excludes(result)
            case "too_few":
                reasons.append(_too_few(result))
                missing.append(Remark.of(Missing.RUN_TRIALS, kinds=claim.kinds, hosts=claim.hosts))
            case "changed":
                reasons.append(Remark.of(Reason.TRIAL_CHANGED, series=result.series))
                missing.append(Remark.of(Missing.RESTORE_PLAN, series=result.series))
            case "sealed":
                reasons.append(Remark.of(Reason.TRIAL_SEALED, series=result.series))
                missing.append(Remark.of(Missing.OPEN_SEED, series=result.series))
            case "unfit":
                reasons.append(Remark.of(Reason.TRIAL_UNFIT, series=result.series))
    return reasons, missing


def _unconfirmed(result: TrialResult) -> Remark:
    return Remark.of(
        Reason.TRIAL_UNCONFIRMED,
        series=result.series,
        windows=result.used,
        p=result.p_holm,
        e_value=result.e_value,
        needed=LEAST_E,
    )


def _too_few(result: TrialResult) -> Remark:
    return Remark.of(
        Reason.TRIAL_TOO_FEW,
        series=result.series,
        windows=result.used,
        needed=LEAST_WINDOWS,
        outside=result.outside,
        uncaptured=result.uncaptured,
    )


def _excludes(result: TrialResult) -> list[Remark]:
    """What silence in the trials excludes; a paired design plants nothing whose size is known."""
    if result.design == "paired":
        return []
    if result.excluded_share is None:
        return [Remark.of(Reason.TRIAL_EXCLUDES_NOTHING, series=result.series, power_share=POWER)]
    return [
        Remark.of(
            Reason.TRIAL_EXCLUDES,
            series=result.series,
            uploaded_share=result.excluded_share,
            power_share=POWER,
        )
    ]
