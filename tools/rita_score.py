"""RITA's published beacon scores of a series of times, to be put beside ours.

Written anew from what the sources of RITA do: `activecm/rita-legacy`, pkg/beacon/analyzer.go, as it was
first and as it is last (version 4); `activecm/rita`, analysis/beacons.go, default_config.hjson (version 5).
All scores are between 0 and 1. The series have no sizes: their score is left out of version 5's mean.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import groupby, pairwise
from statistics import median, pstdev

BARS = 24


def rita_first(times: list[int]) -> float:
    """Skew of the pauses, their spread against 30 seconds, and a connection for every ten seconds."""
    gaps = sorted(b - a for a, b in pairwise(times))
    if len(gaps) < 3:
        return 0.0
    low, middle, high = (gaps[round(q * (len(gaps) - 1))] for q in (0.25, 0.5, 0.75))
    spread = sorted(abs(gap - middle) for gap in gaps)[round(0.5 * (len(gaps) - 1))]
    even = 1 - abs(_bowley(low, middle, high, least=1))
    often = min(1.0, 10 * len(times) / max(1, times[-1] - times[0]))
    return (even + max(0.0, 1 - spread / 30) + often) / 3


def rita_times(times: list[int]) -> float:
    """The score of timestamps of the last RITA 4 and of RITA 5: skew, and spread against the middle pause."""
    gaps = sorted(b - a for a, b in pairwise(times) if b > a)
    if len(gaps) < 3:
        return 0.0
    half = len(gaps) // 2
    low, middle, high = median(gaps[:half]), median(gaps), median(gaps[half + len(gaps) % 2 :])
    spread = median(abs(gap - middle) for gap in gaps)
    return (1 - abs(_bowley(low, middle, high, least=10)) + max(0.0, (middle - spread) / middle)) / 2


def rita_whole(times: list[int]) -> float:
    """RITA 5's mean of the scores of timestamps, histogram and duration, with its default settings."""
    if len(times) < 4 or times[-1] <= times[0]:
        return 0.0
    step = (times[-1] - times[0]) / BARS
    bars = [0] * BARS
    for time in times:
        bars[min(BARS - 1, int((time - times[0]) / step))] += 1
    used = sum(bar > 0 for bar in bars)
    flat = max(0.0, 1 - pstdev(bars) / (sum(bars) / BARS))
    return (rita_times(times) + max(flat, _two_heights(bars, used)) + _duration(bars, used)) / 3


def _bowley(low: float, middle: float, high: float, least: float) -> float:
    if high - low < least or middle in (low, high):
        return 0.0
    return (low + high - 2 * middle) / (high - low)


def _two_heights(bars: list[int], used: int) -> float:
    """The share of bars of the two commonest heights, one left out; from 11 bars on."""
    if used < 11:
        return 0.0
    size = math.ceil(max(bars) * 0.05)
    heights = Counter(bar // size for bar in bars if bar)
    return min(1.0, sum(count for _, count in heights.most_common(2)) / (used - 1))


def _duration(bars: list[int], used: int) -> float:
    """All of the span is covered, as the series is all that there is; from 6 bars on."""
    longest = max((len(list(run)) for full, run in groupby(bars + bars, key=bool) if full), default=0)
    return max(1.0, min(1.0, longest / 12)) if used >= 6 else 0.0
