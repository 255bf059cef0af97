"""The statistics of size-coded trials: bytes by window and arms in; how well they fit, how likely by chance.

The analysis `size-coded-max-t/1`. For each destination and lag a family of tests asks whether the bytes
that left follow the sizes that were planted: as ranks, and as matches at a ratio (an upload may be smaller or
larger than what was planted) within a tolerance. Every test is a sum over windows of a score of (window,
arm), so that shuffling arms within blocks gives its distribution exactly as the draw did (Fisher 1935, Pitman
1937). Tests are standardised by the mean and variance of that distribution; the largest over all of them is
compared with the largest of each shuffle (Westfall and Young 1993). What is chosen here looks at the bytes
only, never at which arm a window had, or the shuffles would not be fair.
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

WIDTHS = (math.log(2) / 8, math.log(2) / 2)
"""Tolerances of a match, as the logarithm of a ratio: 9 % and 41 %."""
SMALLEST_RATIO, LARGEST_RATIO = 2.0**-8, 2.0**1.5
TILT = 3.0
"""exp(TILT * statistic) is what the e-value averages (Koning 2024; any fixed function would be valid)."""
_PORTION = 2_000


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

    def critical(self, alpha: float) -> float:
        """The statistic above which a destination is significant at `alpha`."""
        place = max(0, math.ceil((1 - alpha) * (len(self.largest) + 1)) - 1)
        return math.inf if place >= len(self.largest) else float(np.sort(self.largest)[place])


def analyse(volumes: Floats, draw: Draw, shuffles: int, seed: int) -> Tested:
    """`volumes` has bytes by (destination, lag, window). The same arguments give the same numbers."""
    destinations, lags, _ = volumes.shape
    scores, owners = _all_scores(volumes, draw)
    scores, mean, deviation, owners = _kept(scores, draw, owners)
    if not len(owners):
        return Tested((), 1.0, 1.0, shuffles, np.zeros(shuffles))
    weights = scores.reshape(len(owners), -1).T.astype(np.float32)
    observed = _values(draw.arms[None, :], weights, mean, deviation, len(draw.codes))[0]
    rng = np.random.default_rng(seed)
    largest = np.empty(shuffles)
    for begin in range(0, shuffles, _PORTION):
        rows = draw.shuffled(min(_PORTION, shuffles - begin), rng)
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


def statistic(volumes: Floats, draw: Draw) -> float:
    """The largest standardised test of the bytes of one destination by window, without shuffles."""
    scores, owners = _all_scores(volumes[None, None], draw)
    scores, mean, deviation, owners = _kept(scores, draw, owners)
    if not len(owners):
        return -math.inf
    weights = scores.reshape(len(owners), -1).T.astype(np.float32)
    return float(_values(draw.arms[None, :], weights, mean, deviation, len(draw.codes)).max())


def _values(
    rows: Ints, weights: npt.NDArray[np.float32], mean: Floats, deviation: Floats, arms: int
) -> Floats:
    """Standardised tests (row, test): a row of arms as ones and noughts times the scores."""
    count, windows = rows.shape
    ones = np.zeros((count, windows * arms), np.float32)
    np.put_along_axis(ones, rows + np.arange(windows) * arms, 1.0, axis=1)
    values: Floats = ((ones @ weights).astype(np.float64) - mean) / deviation
    return values


def _all_scores(volumes: Floats, draw: Draw) -> tuple[Floats, Ints]:
    """Scores (test, window, arm) and, for each test, destination * lags + lag."""
    destinations, lags, _ = volumes.shape
    parts, owners = [], []
    for place in range(destinations * lags):
        made = _scores(volumes[place // lags, place % lags], draw.codes)
        parts.append(made)
        owners.append(np.full(len(made), place))
    return np.concatenate(parts), np.concatenate(owners)


def _scores(bytes_: Floats, codes: Floats) -> Floats:
    """Of one destination and lag: (test, window, arm)."""
    by_rank = (_ranks(bytes_)[:, None] * _ranks(codes)[None, :])[None]
    if not np.any(bytes_ > bytes_.min()):
        return by_rank
    above = np.maximum(bytes_ - np.quantile(bytes_, 0.2), 0.0)
    sizes = codes[codes > 0]
    low = math.log(SMALLEST_RATIO)
    tests = [by_rank]
    for width in WIDTHS:
        ratios = np.exp(np.arange(low, math.log(LARGEST_RATIO), 2 * width))[:, None, None]
        expected = ratios * codes[None, None, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.abs(np.log(above)[None, :, None] - np.log(expected))
        quiet = above[None, :, None] < ratios * sizes.min() / 2
        tests.append(np.where(codes == 0, quiet, off <= width).astype(float))
    return np.concatenate(tests)


def _ranks(values: Floats) -> Floats:
    """Ranks with ties in the middle, centred."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2 - 1
    ranks: Floats = middle[inverse] - (len(values) - 1) / 2
    return ranks


def _kept(scores: Floats, draw: Draw, owners: Ints) -> tuple[Floats, Floats, Floats, Ints]:
    """Tests that vary under the draw, with mean and standard deviation (Hoeffding 1951), block by block."""
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
    kept = variance > 1e-9
    return scores[kept], mean[kept], np.sqrt(variance[kept]), owners[kept]
