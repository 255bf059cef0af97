"""Randomised trials: each registered series under each claim that it tests, with Holm over the claims.

A trial is evidence only when its plan is the registered one and its seed was opened, when at least twenty
windows count, and when the adjusted p is at most 0.001 and the adjusted e-value at least 1,000
(docs/method/trials.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from wirewitness.judge.trial_evidence import (
    ALPHA,
    LEAST_E,
    LEAST_WINDOWS,
    closed_e_values,
    combined_e_value,
    holm,
)
from wirewitness.judge.trial_power import excluded_share
from wirewitness.judge.trial_series import Ground, Measured, measure
from wirewitness.judge.trial_statistics import Tested, analyse
from wirewitness.model.case_file import Claim
from wirewitness.model.kind import expand
from wirewitness.model.result import TrialResult, TrialState
from wirewitness.model.trials import Done, Series, Trials

MOST_NOISY = 4
_CEILING = 3
"""An e-value can be at most the number of shuffles: so many times what is needed leaves room above."""


@dataclass(frozen=True)
class _Family:
    """The claims that a plan was registered to test: how many, and how many shuffles they need together."""

    trials: Trials
    size: int
    shuffles: int
    seed: int

    @classmethod
    def of(cls, trials: Trials) -> _Family:
        claims = {claim for series in trials.plan.series for claim in series.claims}
        series = max(sum(c in one.claims for one in trials.plan.series) for c in claims)
        shuffles = max(trials.plan.shuffles, math.ceil(_CEILING * len(claims) * series / ALPHA))
        return cls(trials, len(claims), shuffles, int(trials.sha256[:12], 16))

    @property
    def bounds(self) -> tuple[float, float]:
        """The largest p and the smallest e-value that show one claim whatever is found of the others."""
        return ALPHA / self.size, LEAST_E * self.size


@dataclass(frozen=True)
class _Analysis:
    """Bytes by window, and the test of them; the same for claims that look at the same hosts and windows."""

    measured: Measured
    tested: Tested
    family: _Family

    @cached_property
    def excluded_share(self) -> float | None:
        """What silence is worth where bytes did not follow the sizes that were planted."""
        measured, bounds = self.measured, self.family.bounds
        critical = self.tested.critical(*bounds, self.family.shuffles)
        rows = measured.volumes[:, 0] if len(measured.volumes) else np.zeros((1, len(measured.windows)))
        shares = [
            excluded_share(row, measured.draw, critical if np.isfinite(critical) else 0.0, bounds)
            for row in rows[:MOST_NOISY]
        ]
        return None if None in shares else max(share for share in shares if share is not None)


@dataclass(frozen=True)
class _Tried:
    """A series under a claim, before it is decided; without an analysis where it is no evidence anyway."""

    result: TrialResult
    analysis: _Analysis | None

    def excluded_share(self, state: TrialState) -> float | None:
        """Nothing where it was shown; a paired design plants nothing whose size is known."""
        if self.analysis is None or state == "shown" or self.result.design == "paired":
            return None
        return self.analysis.excluded_share


def judge_trials(claims: Sequence[Claim], trials: Trials | None, ground: Ground) -> tuple[TrialResult, ...]:
    """One result for each registered (claim, series), in the order of claims; () without trials."""
    if trials is None:
        return ()
    family = _Family.of(trials)
    known: dict[bytes, _Analysis] = {}
    tried = [
        _try_series(claim, series, family, ground, known)
        for claim in claims
        for series in trials.plan.series
        if claim.id in series.claims
    ]
    decided = _decided([one.result for one in tried], {claim.id: claim for claim in claims}, family)
    return tuple(
        replace(result, excluded_share=one.excluded_share(result.state))
        for result, one in zip(decided, tried, strict=True)
    )


def _try_series(
    claim: Claim,
    series: Series,
    family: _Family,
    ground: Ground,
    known: dict[bytes, _Analysis],
) -> _Tried:
    trials = family.trials
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
        state=_unusable(claim, series, measured, family) or "not_shown",
        destination=None,
        lag_s=None,
        statistic=None,
        p=1.0,
        p_holm=1.0,
        e_value=1.0,
        excluded_share=None,
    )
    if base.state != "not_shown":
        return _Tried(base, None)
    key = b"\n".join((series.id.encode(), measured.draw.arms.tobytes(), measured.volumes.tobytes()))
    if key not in known:
        tested = analyse(measured.volumes, measured.draw, family.shuffles, family.seed)
        known[key] = _Analysis(measured, tested, family)
    tested = known[key].tested
    best = tested.best
    result = replace(
        base,
        destination=None if best is None else measured.destinations[best.destination],
        lag_s=None if best is None else series.lags_s[best.lag],
        statistic=None if best is None else round(best.statistic, 3),
        p=tested.p,
        e_value=round(tested.e_value, 2),
    )
    return _Tried(result, known[key])


def _unusable(claim: Claim, series: Series, measured: Measured, family: _Family) -> TrialState | None:
    """Why a series is no evidence about a claim, whatever its numbers; the first reason that applies."""
    if family.trials.changed:
        return "changed"
    if not family.trials.opened:
        return "sealed"
    if claim.about != "exposure" or claim.uncovered_only or not set(expand(series.kind)) <= set(claim.kinds):
        return "unfit"
    draw = measured.draw
    enough = draw.assignments >= math.log(family.size / ALPHA) and draw.largest_e_value >= LEAST_E
    if len(measured.windows) < LEAST_WINDOWS or not enough:
        return "too_few"
    return None


def _decided(
    results: Sequence[TrialResult], claims: Mapping[str, Claim], family: _Family
) -> list[TrialResult]:
    """Each with its claim's p after Holm over all registered claims, and whether that shows it.

    What chance hardly gives (p) is shown only where the evidence is large as well (e): else it stays
    unconfirmed, and no verdict rests on it.
    """
    by_claim = {name: [r for r in results if r.claim == name] for name in claims}
    tried = {name: mine for name, mine in by_claim.items() if mine}
    ps = holm({name: _claim_p(claims[name], mine) for name, mine in tried.items()}, family.size)
    es = closed_e_values(
        {name: combined_e_value(claims[name], mine) for name, mine in tried.items()}, family.size
    )
    return [
        replace(r, p_holm=round(ps[r.claim], 6), state=_state(r, by_claim[r.claim], ps[r.claim], es[r.claim]))
        for r in results
    ]


def _state(result: TrialResult, all_of_claim: Sequence[TrialResult], p: float, e_value: float) -> TrialState:
    if p > ALPHA or not _takes_part(result, all_of_claim):
        return result.state
    return "shown" if e_value >= LEAST_E else "unconfirmed"


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
