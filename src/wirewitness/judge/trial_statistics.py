"""The statistics of size-coded trials: bytes by window and arms in; how well they fit, how likely by chance.

The analysis `size-coded-max-t/1`. For each destination and lag a family of tests asks whether the bytes
that left follow the sizes that were planted: as ranks, and as matches at a ratio (an upload may be smaller or
larger than what was planted) within a tolerance; in a paired design as ranks, and as above or below their
median. Every test is a sum over windows of a score of (window, arm), so that shuffling arms within blocks
gives its distribution exactly as the draw did (Fisher 1935, Pitman 1937). Tests are standardised by the mean
and variance of that distribution; the largest over all of them is compared with the largest of each shuffle
(Westfall and Young 1993). What is chosen here looks at the bytes only, never at which arm a window had, or
the shuffles would not be fair.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MATCHES = ((0.2, math.log(2) / 8), (0.2, math.log(2) / 2), (0.05, math.log(2) / 2))
"""What leaves anyway, as a low quantile of all windows (a lower one where nearly all carry an upload), and
the tolerance of a match above it, as the logarithm of a ratio: 9 % and 41 %."""
SMALLEST_RATIO, LARGEST_RATIO = 2.0**-8, 2.0**1.5
TILT = 3.0
"""exp(TILT * statistic) is what the e-value averages (Koning 2024; any fixed function would be valid)."""
LEAST_VARIANCE = 1e-9
"""A test that varies less under the draw tells nothing and is left out."""
_PORTION, _MOST_CELLS = 2_000, 4_000_000
"""Shuffles that are made at once, and numbers that are held at once: memory stays bounded."""


@dataclass(frozen=True)
class Draw:
    """How arms were drawn: the arm (an index) and the block of each window, and the code of each arm."""

    arms: Ints
    blocks: Ints
    codes: Floats

    @classmethod
    def of(cls, arms: Sequence[int], blocks: Sequence[int], codes: Sequence[float]) -> Draw:
        """From plain numbers."""
        return cls(np.asarray(arms, int), np.asarray(blocks, int), np.asarray(codes, float))

    @cached_property
    def assignments(self) -> float:
        """The natural logarithm of the number of different draws: few draws cannot give a small p."""
        total = 0.0
        for block in np.unique(self.blocks):
            inside = self.arms[self.blocks == block]
            total += math.lgamma(len(inside) + 1)
            total -= sum(math.lgamma(count + 1) for count in np.bincount(inside).tolist())
        return total

    @cached_property
    def largest_e_value(self) -> float:
        """No e-value can pass this, however clearly what is sent follows the arms.

        With more than two arms the number of draws; with two, the e-value of one test that separates them
        without a flaw (its value under the draw: a sum of hypergeometric counts, block by block).
        """
        if len(self.codes) != 2:
            return math.exp(min(self.assignments, 700.0))
        sizes = [
            (int((self.blocks == block).sum()), int(self.arms[self.blocks == block].sum()))
            for block in np.unique(self.blocks)
        ]
        variance = sum((ones * (n - ones) / n) ** 2 / (n - 1) for n, ones in sizes if n > 1)
        if variance == 0:
            return 1.0
        step = TILT / math.sqrt(variance)
        expected = 0.0
        for n, ones in sizes:
            ways = [
                math.comb(ones, ones - off) * math.comb(n - ones, off) * math.exp(-step * off)
                for off in range(min(ones, n - ones) + 1)
            ]
            expected += math.log(sum(ways) / math.comb(n, ones))
        return math.exp(-expected)

    def shuffled(self, count: int, rng: np.random.Generator) -> Ints:
        """`count` rows of arms, each drawn anew within the blocks."""
        order = np.argsort(self.blocks, kind="stable")
        sorted_arms, sorted_blocks = self.arms[order], self.blocks[order]
        _, ranks = np.unique(sorted_blocks, return_inverse=True)
        places = np.argsort(rng.random((count, len(order))) + ranks, axis=1)
        rows = np.empty((count, len(order)), int)
        rows[:, order] = sorted_arms[places]
        return rows


@dataclass(frozen=True)
class Fit:
    """The best test of one destination: its standardised value and adjusted p (over all destinations)."""

    destination: int
    lag: int
    statistic: float
    p: float


@dataclass(frozen=True)
class Tested:
    """Of a whole series: the best fit by destination, the smallest p, the e-value, and the null's tail."""

    fits: tuple[Fit, ...]
    p: float
    e_value: float
    shuffles: int
    largest: Floats

    @property
    def best(self) -> Fit | None:
        """The destination whose bytes follow the arms best."""
        return max(self.fits, key=lambda fit: fit.statistic, default=None)

    def critical(self, alpha: float, e_value: float, shuffles: int) -> float:
        """The statistic from which on p is at most `alpha` and, of `shuffles`, the e-value at least this."""
        if shuffles + 1 <= e_value:
            return math.inf
        place = max(0, math.ceil((1 - alpha) * (len(self.largest) + 1)) - 1)
        if place >= len(self.largest):
            return math.inf
        top = float(self.largest.max())
        mean = float(np.exp(TILT * (self.largest - top)).mean())
        enough = top + math.log(shuffles * mean / ((shuffles + 1) / e_value - 1)) / TILT
        return max(enough, float(np.sort(self.largest)[place]))


def analyse(volumes: Floats, draw: Draw, shuffles: int, seed: int) -> Tested:
    """`volumes` has bytes by (destination, lag, window). The same arguments give the same numbers."""
    destinations, lags, windows = volumes.shape
    scores = _scores(volumes.reshape(-1, windows), draw.codes)
    owners = np.repeat(np.arange(destinations * lags), scores.shape[1])
    scores = scores.reshape(-1, *scores.shape[2:])
    mean, variance = _moments(scores, draw)
    kept = variance > LEAST_VARIANCE
    if not kept.any():
        return Tested((), 1.0, 1.0, shuffles, np.zeros(shuffles))
    scores, owners, mean, deviation = scores[kept], owners[kept], mean[kept], np.sqrt(variance[kept])
    weights = scores.reshape(len(owners), -1).T.astype(np.float32)
    observed = _values(draw.arms[None, :], weights, mean, deviation, len(draw.codes))[0]
    rng = np.random.default_rng(seed)
    largest = np.empty(shuffles)
    portion = max(1, min(_PORTION, _MOST_CELLS // len(weights)))
    for begin in range(0, shuffles, portion):
        rows = draw.shuffled(min(portion, shuffles - begin), rng)
        values = _values(rows, weights, mean, deviation, len(draw.codes))
        largest[begin : begin + len(rows)] = values.max(axis=1)
    fits = []
    for destination in range(destinations):
        mine = np.flatnonzero(owners // lags == destination)
        if len(mine):
            at = mine[np.argmax(observed[mine])]
            value = float(observed[at])
            p = (1 + int(np.count_nonzero(largest >= value - 1e-5))) / (shuffles + 1)
            fits.append(Fit(destination, int(owners[at] % lags), value, p))
    top = float(observed.max())
    tilted = np.exp(np.minimum(TILT * (largest - top), 700.0))
    e_value = (shuffles + 1) / (1.0 + float(tilted.sum()))
    return Tested(tuple(fits), min(fit.p for fit in fits), e_value, shuffles, largest)


def statistics(rows: Floats, draw: Draw) -> Floats:
    """The largest standardised test of each row of bytes by window, without shuffles."""
    scores = _scores(rows, draw.codes)
    tests = scores.shape[1]
    scores = scores.reshape(-1, *scores.shape[2:])
    mean, variance = _moments(scores, draw)
    observed = scores[:, np.arange(rows.shape[1]), draw.arms].sum(axis=1)
    values = np.full(len(scores), -math.inf)
    kept = variance > LEAST_VARIANCE
    values[kept] = (observed[kept] - mean[kept]) / np.sqrt(variance[kept])
    largest: Floats = values.reshape(-1, tests).max(axis=1)
    return largest


def _values(
    rows: Ints, weights: npt.NDArray[np.float32], mean: Floats, deviation: Floats, arms: int
) -> Floats:
    """Standardised tests (row, test): a row of arms as ones and noughts times the scores."""
    count, windows = rows.shape
    ones = np.zeros((count, windows * arms), np.float32)
    np.put_along_axis(ones, rows + np.arange(windows) * arms, 1.0, axis=1)
    values: Floats = ((ones @ weights).astype(np.float64) - mean) / deviation
    return values


def _scores(rows: Floats, codes: Floats) -> Floats:
    """Of rows of bytes by window: (row, test, window, arm). Those of a row that never changes never vary."""
    ranks = _ranks(rows)
    by_rank = (ranks[:, :, None] * _ranks(codes[None])[:, None, :])[:, None]
    if set(codes.tolist()) == {0.0, 1.0}:
        # A setting off or on, and no sizes: bytes above or below their median are asked for as well.
        halves = (np.sign(ranks)[:, :, None] * codes)[:, None]
        return np.concatenate([by_rank, halves], axis=1)
    smallest, logs = codes[codes > 0].min(), (math.log(SMALLEST_RATIO), math.log(LARGEST_RATIO))
    tests = [by_rank]
    for share, width in MATCHES:
        ground = np.quantile(rows, share, axis=1, keepdims=True)
        above = np.maximum(rows - ground, 0.0)[:, None, :, None]
        ratios = np.exp(np.arange(*logs, 2 * width))[:, None, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.abs(np.log(above) - np.log(ratios * codes[None, None, :]))
        quiet = above < ratios * smallest / 2
        tests.append(np.where(codes == 0, quiet, off <= width).astype(float))
    return np.concatenate(tests, axis=1)


def _ranks(rows: Floats) -> Floats:
    """Ranks in each row with ties in the middle, centred."""
    ordered = np.sort(rows, axis=1)
    middle = [
        (np.searchsorted(one, row, "left") + np.searchsorted(one, row, "right") - 1) / 2
        for one, row in zip(ordered, rows, strict=True)
    ]
    ranks: Floats = np.asarray(middle) - (rows.shape[1] - 1) / 2
    return ranks


def _moments(scores: Floats, draw: Draw) -> tuple[Floats, Floats]:
    """Mean and variance of each test under the draw (Hoeffding 1951), block by block."""
    mean, variance = np.zeros(len(scores)), np.zeros(len(scores))
    for block in np.unique(draw.blocks):
        inside = draw.blocks == block
        slots = scores[:, inside][:, :, draw.arms[inside]]
        size = slots.shape[1]
        mean += slots.sum(axis=(1, 2)) / size
        if size > 1:
            centred = (
                slots
                - slots.mean(axis=1, keepdims=True)
                - slots.mean(axis=2, keepdims=True)
                + slots.mean(axis=(1, 2), keepdims=True)
            )
            variance += (centred**2).sum(axis=(1, 2)) / (size - 1)
    return mean, variance
