"""Randomised trials: each registered series under each claim that it tests, with Holm over the claims.

A trial is evidence only when its plan is the registered one and its seed was opened, when at least twenty
windows count, and when the adjusted p is at most 0.001 (docs/method/trials.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wirewitness.judge.trial_evidence import ALPHA, LEAST_WINDOWS
from wirewitness.judge.trial_power import excluded_share
from wirewitness.judge.trial_series import Ground, Measured, measure
from wirewitness.judge.trial_statistics import Tested, analyse
from wirewitness.model.case_file import Claim
from wirewitness.model.kind import expand
from wirewitness.model.result import TrialResult, TrialState
from wirewitness.model.trials import Done, Series, Trials

MOST_NOISY = 4


@dataclass(frozen=True)
class _Family:
    """The claims that a plan was registered to test: how many, and how many shuffles Holm over them needs."""

    size: int
    shuffles: int
    seed: int

    @classmethod
    def of(cls, trials: Trials) -> _Family:
        claims = {claim for series in trials.plan.series for claim in series.claims}
        series = max(sum(c in one.claims for one in trials.plan.series) for c in claims)
        shuffles = max(trials.plan.shuffles, math.ceil(len(claims) * series / ALPHA))
        return cls(len(claims), shuffles, int(trials.sha256[:12], 16))

    @property
    def alpha(self) -> float:
        """What the smallest of the claims' p must not pass."""
        return ALPHA / self.size


def judge_trials(claims: Sequence[Claim], trials: Trials | None, ground: Ground) -> tuple[TrialResult, ...]:
    """One result for each registered (claim, series), in the order of claims; () without trials."""
    if trials is None:
        return ()
    family = _Family.of(trials)
    results = [
        _judge_series(claim, series, trials, family, ground)
        for claim in claims
        for series in trials.plan.series
        if claim.id in series.claims
    ]
    return tuple(_decided(results, {claim.id: claim for claim in claims}, family))


def _judge_series(
    claim: Claim, series: Series, trials: Trials, family: _Family, ground: Ground
) -> TrialResult:
    measured = measure(claim, trials.plan, series, ground)
    base = TrialResult(
        claim=claim.id,
        series=series.id,
        design=series.design,
        kind=series.kind,
        plan_sha256=trials.sha256,
        windows=len(series.windows),
        used=len(measured.windows),
        outside=measured.outside,
        uncaptured=measured.uncaptured,
        deviated=_deviated(series, trials.done),
        shuffles=family.shuffles,
        state=_unusable(claim, series, trials, measured, family) or "not_shown",
        destination=None,
        lag_s=None,
        statistic=None,
        p=1.0,
        p_holm=1.0,
        e_value=1.0,
        excluded_share=None,
    )
    if base.state != "not_shown":
        return base
    tested = analyse(measured.volumes, measured.draw, family.shuffles, family.seed)
    return _tested(base, series, measured, tested, family)


def _unusable(
    claim: Claim, series: Series, trials: Trials, measured: Measured, family: _Family
) -> TrialState | None:
    """Why a series is no evidence about a claim, whatever its numbers; the first reason that applies."""
    if trials.changed:
        return "changed"
    if not trials.opened:
        return "sealed"
    if claim.about != "exposure" or claim.uncovered_only or not set(expand(series.kind)) <= set(claim.kinds):
        return "unfit"
    enough = measured.draw.assignments >= math.log(family.size / ALPHA)
    if len(measured.windows) < LEAST_WINDOWS or not enough:
        return "too_few"
    return None


def _tested(
    base: TrialResult, series: Series, measured: Measured, tested: Tested, family: _Family
) -> TrialResult:
    best = tested.best
    alpha = family.alpha
    excluded: float | None = None
    if tested.p > alpha and series.design == "coded":
        rows = measured.volumes[:, 0] if len(measured.volumes) else np.zeros((1, len(measured.windows)))
        critical = tested.critical(alpha)
        shares = [
            excluded_share(row, measured.draw, critical if np.isfinite(critical) else 0.0, alpha)
            for row in rows[:MOST_NOISY]
        ]
        excluded = None if None in shares else max(share for share in shares if share is not None)
    return replace(
        base,
        destination=None if best is None else measured.destinations[best.destination],
        lag_s=None if best is None else series.lags_s[best.lag],
        statistic=None if best is None else round(best.statistic, 3),
        p=tested.p,
        e_value=round(tested.e_value, 2),
        excluded_share=excluded,
    )


def _decided(
    results: Sequence[TrialResult], claims: Mapping[str, Claim], family: _Family
) -> list[TrialResult]:
    """Each with its claim's p after Holm (1979) over all registered claims, and whether that shows it."""
    by_claim = {name: [r for r in results if r.claim == name] for name in claims}
    tested = {name: _claim_p(claims[name], mine) for name, mine in by_claim.items()}
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(tested, key=lambda one: (tested[one], one))):
        largest = max(largest, min(1.0, tested[name] * max(1, family.size - rank)))
        adjusted[name] = largest
    return [
        replace(
            r,
            p_holm=round(adjusted[r.claim], 6),
            state="shown" if adjusted[r.claim] <= ALPHA and _takes_part(r, by_claim[r.claim]) else r.state,
        )
        for r in results
    ]


def _takes_part(result: TrialResult, all_of_claim: Sequence[TrialResult]) -> bool:
    """Of the series of a claim that was shown: those that do so by themselves."""
    usable = [r for r in all_of_claim if r.state == "not_shown"]
    return result in usable and result.p * len(usable) <= max(ALPHA, len(usable) * min(r.p for r in usable))


def _claim_p(claim: Claim, results: Sequence[TrialResult]) -> float:
    """One p for a claim: all of its entries must show (the largest), or any may (Bonferroni)."""
    usable = [r for r in results if r.state == "not_shown"]
    if not usable:
        return 1.0
    if not claim.match_all:
        return min(1.0, len(usable) * min(r.p for r in usable))
    by_entry = [[r.p for r in usable if set(expand(r.kind)) <= set(entry)] for entry in claim.data]
    return max((min(1.0, len(ps) * min(ps)) if ps else 1.0) for ps in by_entry)


def _deviated(series: Series, done: Sequence[Done]) -> int:
    """Windows whose stimulus was skipped, or given outside of them. They count as planned all the same."""
    windows = {window.id: window for window in series.windows}
    return len(
        {
            one.window
            for one in done
            if (window := windows.get(one.window)) is not None
            and (one.what == "skipped" or not window.start <= one.time < window.end)
        }
    )
