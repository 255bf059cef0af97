"""What trials can find: power before they are made, and what silence after them excludes.

Both by simulation with a fixed seed: the same numbers every time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from wirewitness.judge.trial_evidence import ALPHA, LEAST_E, POWER
from wirewitness.judge.trial_statistics import Draw, Floats, analyse, statistics

SHARES = tuple(round(0.1 * step, 1) for step in range(1, 11))
OVERHEAD = 1_500
"""Bytes of heads and padding around an upload."""
LATE = 0.5
"""Of uploads that miss their window, the share that falls into another one; the rest falls between."""
_REPEATS, _AT_ONCE, _SHUFFLES = 100, 10, 4_999
_DESTINATIONS = 3
_REAL = 9_999
"""Shuffles of the audit itself, at the least."""


def power_before(
    codes: Sequence[float],
    blocks: int,
    *,
    landing: float,
    noise: Callable[[np.random.Generator, tuple[int, ...]], Floats],
    claims: int = 1,
    repeats: int = 200,
    planted: Sequence[float] | None = None,
    seed: int = 1,
    shuffles: int = _SHUFFLES,
) -> float:
    """How often a phone that uploads what is planted would be found: `blocks` blocks of one window an arm.

    `landing` is the share of uploads that fall in their window; `noise` gives the other bytes that leave;
    `claims` is how many the plan registers for these windows; `planted` are the bytes that each arm sends,
    where they are not its code (a paired design).
    """
    rng = np.random.default_rng(seed)
    found = 0
    for number in range(repeats):
        draw = drawn(codes, blocks, rng)
        volumes = noise(rng, (_DESTINATIONS, 1, len(draw.arms)))
        volumes[0, 0] += uploads(np.asarray(codes if planted is None else planted)[draw.arms], landing, rng)
        tested = analyse(volumes, draw, shuffles, number)
        best = tested.best
        found += best is not None and best.statistic >= tested.critical(ALPHA / claims, LEAST_E, _REAL)
    return found / repeats


def drawn(codes: Sequence[float], blocks: int, rng: np.random.Generator) -> Draw:
    """A draw of that many blocks, each with one window of every arm."""
    arms = [arm for _ in range(blocks) for arm in rng.permutation(len(codes)).tolist()]
    return Draw.of(arms, [block for block in range(blocks) for _ in codes], codes)


def landing_share(window_s: float, lags_s: Sequence[float], delay_s: float) -> float:
    """The share of uploads that the best of a plan's lags counts, when a phone waits `delay_s` on average.

    Waits are taken as exponential: most uploads come soon, a few much later.
    """
    if delay_s <= 0:
        return 1.0 if 0 in lags_s else 0.0
    return max(math.exp(-lag / delay_s) * -math.expm1(-window_s / delay_s) for lag in lags_s)


def uploads(planted: Floats, landing: float, rng: np.random.Generator) -> Floats:
    """Bytes by window of a phone that uploads all that is planted in each, some of it late."""
    sent = planted * rng.uniform(1.0, 1.03, len(planted)) + OVERHEAD * (planted > 0)
    in_time = rng.random(len(planted)) < landing
    volumes: Floats = np.where(in_time, sent, 0.0)
    late = np.flatnonzero(~in_time & (rng.random(len(planted)) < LATE))
    np.add.at(volumes, rng.integers(0, len(planted), len(late)), sent[late])
    return volumes


def excluded_share(volumes: Floats, draw: Draw, critical: float, bounds: tuple[float, float]) -> float | None:
    """The smallest share of planted things whose upload would have been found, with power 0.95.

    `volumes` are the bytes that left for one destination by window, in which nothing was found; `critical` is
    the value that a statistic had to pass, and `bounds` the p and the e-value that it stands for. None when
    not even all of them would have been.
    """
    low, high = 0, len(SHARES)
    while low < high:
        middle = (low + high) // 2
        if _is_found(volumes, draw, critical, bounds, SHARES[middle]):
            high = middle
        else:
            low = middle + 1
    return SHARES[low] if low < len(SHARES) else None


def _is_found(
    volumes: Floats, draw: Draw, critical: float, bounds: tuple[float, float], share: float
) -> bool:
    """Whether uploads of that share are found with power 0.95."""
    rng = np.random.default_rng(round(share * 1000))
    planted = draw.codes[draw.arms]

    def with_uploads(count: int) -> Floats:
        sent = (planted > 0) & (rng.random((count, len(planted))) < share)
        made: Floats = volumes + (planted + OVERHEAD) * sent
        return made

    # What is uploaded widens the tail of the shuffles as well.
    tail = analyse(with_uploads(1)[None], draw, _SHUFFLES, 1).critical(*bounds, _REAL)
    passes = max(critical, tail)
    missed, allowed = 0, _REPEATS * (1 - POWER)
    for _ in range(0, _REPEATS, _AT_ONCE):
        missed += int(np.count_nonzero(statistics(with_uploads(_AT_ONCE), draw) < passes))
        if missed > allowed:
            return False
    return True


def other_traffic(
    median: float, sigma: float = 1.0
) -> Callable[[np.random.Generator, tuple[int, ...]], Floats]:
    """Other bytes that leave in a window: log-normal about a median; a quiet destination gets up to 3 kB."""

    def noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        if median <= 0:
            return rng.integers(0, 3_000, shape).astype(float)
        made: Floats = median * np.exp(rng.normal(0.0, sigma, shape))
        return made

    return noise
