"""What many noised reports say together: a share with its error, or nothing where too few reported.

Each bit was told truly with probability p = e^x / (1 + e^x), x the loss per bit; the share among n reports is
(ones / n - (1 - p)) / (2p - 1). Its standard error comes from the noise and the sample alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from optin.protocol.preference import QUESTIONS

SMALLEST_COHORT = 100
_Z = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The share of phones of which the answer is true, with its 95 % margin; not cut to [0, 1]."""

    metric: str
    reports: int
    share: float
    margin: float


class SmallCohortError(ValueError):
    """Too few phones reported for a figure to be about many."""


def estimate(rows: Iterable[tuple[float, str, int, int]]) -> list[Estimate]:
    """Rows of epsilon, metric, reports, ones; reports of different losses are weighed by their precision."""
    by_metric: dict[str, list[tuple[float, float, int]]] = {}
    for epsilon, metric, reports, ones in rows:
        share, variance = _share(epsilon / len(QUESTIONS), reports, ones)
        by_metric.setdefault(metric, []).append((share, variance, reports))
    found = []
    for metric, parts in sorted(by_metric.items()):
        count = sum(reports for _, _, reports in parts)
        if count < SMALLEST_COHORT:
            raise SmallCohortError(f"fewer than {SMALLEST_COHORT} phones reported")
        weight = sum(1 / variance for _, variance, _ in parts)
        share = sum(share / variance for share, variance, _ in parts) / weight
        found.append(Estimate(metric, count, share, _Z / math.sqrt(weight)))
    if not found:
        raise SmallCohortError(f"fewer than {SMALLEST_COHORT} phones reported")
    return found


def _share(epsilon: float, reports: int, ones: int) -> tuple[float, float]:
    truthful = math.exp(epsilon) / (1 + math.exp(epsilon))
    gain = 2 * truthful - 1
    # Laplace's rule keeps the variance above zero where all answered alike.
    observed = (ones + 1) / (reports + 2)
    return (ones / reports - (1 - truthful)) / gain, observed * (1 - observed) / reports / gain**2
