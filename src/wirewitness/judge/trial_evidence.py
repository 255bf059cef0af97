"""What numbers of randomised trials are worth: the bounds that were set beforehand, and bands of strength."""

from __future__ import annotations

from collections.abc import Sequence

from wirewitness.model.case_file import Claim
from wirewitness.model.result import TrialResult
from wirewitness.model.verdict import Strength

ALPHA = 0.001
LEAST_WINDOWS = 20
POWER = 0.95
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
    values = [r.e_value for r in results if r.state in ("shown", "not_shown")]
    if not values:
        return 1.0
    return min(values) if claim.match_all else sum(values) / len(values)
