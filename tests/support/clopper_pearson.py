"""Clopper and Pearson's exact bounds of a share (1934), from the regularised incomplete beta function."""

from __future__ import annotations

import math


def lower_bound(hits: int, runs: int, alpha: float) -> float:
    """One-sided lower bound of the share."""
    return 0.0 if hits == 0 else _solve(lambda p: _beta(p, hits, runs - hits + 1), alpha)


def upper_bound(hits: int, runs: int, alpha: float) -> float:
    """One-sided upper bound of the share."""
    return 1.0 if hits == runs else _solve(lambda p: _beta(p, hits + 1, runs - hits), 1 - alpha)


def _solve(rising, wanted: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """Lentz's method for the continued fraction (Abramowitz and Stegun 26.5.8)."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 2000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + numerator * d)
            c = 1 + numerator / c
            value *= c * d
        if abs(c * d - 1) < 1e-13:
            break
    return front * value / a
