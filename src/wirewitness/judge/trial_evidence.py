"""What numbers of randomised trials are worth: the bounds that were set beforehand, and bands of strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wirewitness.model.case_file import Claim
from wirewitness.model.result import TrialResult
from wirewitness.model.verdict import Strength

ALPHA = 0.001
LEAST_WINDOWS = 20
POWER = 0.95
LEAST_E = 1 / ALPHA
"""A verdict needs this much evidence besides a small p: by Markov's inequality an e-value is as large in at
most ALPHA of all series of honest phones, whatever their traffic; in truth far more rarely
(docs/method/trials.md)."""
_BANDS = (
    (1e6, Strength.EXTREMELY_STRONG),
    (1e4, Strength.VERY_STRONG),
    (1e3, Strength.STRONG),
    (1e2, Strength.MODERATELY_STRONG),
    (1e1, Strength.MODERATE),
)


def strength_of_trials(e_value: float, *, runs: int) -> Strength:
    """The ENFSI band of an e-value (a likelihood ratio against chance).

    One run alone goes no further than moderately strong.
    """
    band = next((band for bound, band in _BANDS if e_value >= bound), Strength.WEAK)
    return min(band, Strength.MODERATELY_STRONG, key=lambda one: one.rank) if runs < 2 else band


def combined_e_value(claim: Claim, results: Sequence[TrialResult]) -> float:
    """The mean e-value over a claim's series is one as well (any suffices), as is the smallest (all must)."""
    values = [r.e_value for r in results if r.state in ("shown", "unconfirmed", "not_shown")]
    if not values:
        return 1.0
    return min(values) if claim.match_all else sum(values) / len(values)


def holm(ps: Mapping[str, float], size: int) -> dict[str, float]:
    """Each claim's p after Holm (1979) over the `size` claims of a plan; those not given count as untried."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(ps, key=lambda one: (ps[one], one))):
        largest = max(largest, min(1.0, ps[name] * max(1, size - rank)))
        adjusted[name] = largest
    return adjusted


def closed_e_values(es: Mapping[str, float], size: int) -> dict[str, float]:
    """Each claim's e-value for the whole family of `size` claims, as Holm is for p.

    The smallest mean over all groups of claims that it is in (Vovk and Wang 2021, algorithm 1); a claim that
    is not given counts with 1, the e-value of who looked at nothing.
    """
    everyone = sorted([*es.values(), *[1.0] * (size - len(es))])
    adjusted: dict[str, float] = {}
    for name, own in es.items():
        others = everyone.copy()
        others.remove(own)
        total, least = own, own
        for count, other in enumerate(others, start=2):
            total += other
            least = min(least, total / count)
        adjusted[name] = least
    return adjusted
