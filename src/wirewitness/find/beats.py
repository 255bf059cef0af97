"""Which period events keep, if any: how many are on the beat, and whether chance would put as many there.

An event is *on the beat* when another follows it one period later, or two or three when beats were missed,
within a tolerance. Events closer than half a period are one *cell*, which counts once, so that a burst does
not vote many times. Four nulls must each be refuted:

- a Poisson process of the same rate;
- the same series, at lags beside the period (bursts and busy hours have followers at any lag), for periods of
  hours also at a quarter and half an hour beside: people keep the hour, not the minute;
- pauses that are about as long each, but vary by an eighth or more (songs): the lags must gather within the
  tolerance;
- 99 surrogates of the same series, each event moved by up to 0.35 periods: what is slower than a period is
  kept, the beat is not (interval jitter: Amarasingham and others, J. Neurophysiology 107:517, 2012).

The first two give the binomial tail, multiplied by the number of trials (Bonferroni); of the surrogates none
may have as many cells on the beat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ALPHA = 1e-3
LEAST_EVENTS = 8
TOLERANCES = (0.02, 0.1)
REACHES = (1, 3)
"""How many periods later the follower may be, in two readings of the series."""
SURROGATES = 99
_LEAST_SHARE = 0.4
_NEARLY = 0.6
_FLANKS = (-0.43, -0.29, 0.29, 0.43)
_CELL = 0.5
_BLUNT, _BLUNT_P = 0.65, 0.05
"""Of lags within twice the tolerance, pauses that vary by an eighth have so many within it."""
_DITHER = 0.35
_FLOOR = 0.02
_LONG_S = 6 * 3600.0
"""From here on a period is one that a person's day could have."""
_BESIDE_LONG_S = (-1800.0, -900.0, 900.0, 1800.0)
_WIDEST_S, _WIDEST_LONG_S = 900.0, 300.0
_AHEAD = 8
_CANDIDATES = 10
SHORTEST = 1.25
"""The shortest period, in merges."""
_STEP = math.log(1.05)
_SMOOTH = np.ones(17) / 17


@dataclass(frozen=True)
class Beat:
    """A period with the lags that show it (ascending) and the chance of as many cells on it.

    By event, whether it is `on` the beat, and the `chance` that one there is, as crowded as it is around it.
    """

    period: float
    lags: Floats
    on: Mask
    chance: Floats
    p: float


@dataclass(frozen=True)
class _Reading:
    period: float
    tolerance: float
    reach: int
    cells: int
    hits: int
    p: float


def find_beat(events: Floats, merge: float, merges: int) -> Beat | None:
    """The shortest period that nearly the most events keep. `events` ascending, in seconds, `merge` apart."""
    if len(events) < LEAST_EVENTS:
        return None
    readings = _unlikely(events, _candidates(events, merge), merges)
    beats = [(reading, _lags(events, reading)) for reading in readings]
    most = max((len(lags) for _, lags in beats), default=0)
    near = [(reading, lags) for reading, lags in beats if len(lags) >= _NEARLY * most]
    if not near:
        return None
    reading, lags = min(near, key=lambda one: (round(_middle(one[1]), 1), one[0].p))
    if not _beats_surrogates(events, reading):
        return None
    return Beat(_middle(lags), lags, _on(events, reading), _crowd(events, reading), reading.p)


def _candidates(events: Floats, merge: float) -> Floats:
    """Periods worth a try: differences between near events that stand out, on a logarithmic scale."""
    ahead = range(1, min(_AHEAD, len(events) - 1) + 1)
    lags: Floats = np.concatenate([events[a:] - events[:-a] for a in ahead])
    lags = lags[(lags > SHORTEST * merge) & (lags < events[-1] / (LEAST_EVENTS - 2))]
    if not len(lags):
        return lags
    bins = np.rint(np.log(lags) / _STEP).astype(np.int64)
    low = int(bins.min())
    counts = np.bincount(bins - low).astype(np.float64)
    padded = np.concatenate(([0.0], counts, [0.0]))
    both = counts + 0.5 * np.maximum(padded[:-2], padded[2:])
    around = np.convolve(counts, _SMOOTH)[len(_SMOOTH) // 2 :][: len(counts)]
    order = np.argsort((1.5 * around - both) / np.sqrt(around + 0.5), kind="stable")[:_CANDIDATES]
    periods: Floats = np.exp(_STEP * (low + order[counts[order] >= 3]))
    for tolerance in (0.1, 0.05):
        periods = _refined(events, periods, tolerance)
    return periods


def _refined(events: Floats, periods: Floats, tolerance: float) -> Floats:
    """Each period as the middle of the lags near it."""
    lags = _nearest(events, events + periods[:, None]) - events
    near = np.abs(lags - periods[:, None]) <= tolerance * periods[:, None]
    ascending, counts = np.sort(np.where(near, lags, np.inf), axis=1), near.sum(axis=1)
    rows = np.arange(len(periods))
    middles = (ascending[rows, (counts - 1) // 2] + ascending[rows, counts // 2]) / 2
    return np.unique(np.round(np.where(counts > 0, middles, periods), 6))


def _middle(ascending: Floats) -> float:
    half = len(ascending) // 2
    return float(ascending[half] if len(ascending) % 2 else (ascending[half - 1] + ascending[half]) / 2)


def _nearest(events: Floats, wanted: Floats) -> Floats:
    """The event nearest to each wanted time."""
    after = np.searchsorted(events, wanted)
    low = events[np.maximum(after - 1, 0)]
    high = events[np.minimum(after, len(events) - 1)]
    return np.where(wanted - low < high - wanted, low, high)


def _widths(periods: Floats, tolerance: float, reach: int) -> Floats:
    """How far from each multiple a follower may be: lateness adds up as a random walk. (periods, reach)."""
    widths = tolerance * periods[:, None] * np.sqrt(np.arange(1, reach + 1))
    return np.minimum(widths, np.where(periods >= _LONG_S, _WIDEST_LONG_S, _WIDEST_S)[:, None])


def _distances(events: Floats, periods: Floats, reach: int, shifts: Floats) -> Floats:
    """How far the nearest event is from each multiple after each event. (periods, reach, events)."""
    multiples = np.arange(1, reach + 1)[:, None] * periods[:, None, None] + shifts[:, None, None]
    wanted = events + multiples
    return np.abs(_nearest(events, wanted) - wanted)


def _cells(events: Floats, periods: Floats) -> npt.NDArray[np.int64]:
    """For each event, the place of the first one in its cell. (periods, events)."""
    cells = np.floor(events / (_CELL * periods[:, None])).astype(np.int64)
    starts = np.ones(cells.shape, np.bool_)
    starts[:, 1:] = cells[:, 1:] != cells[:, :-1]
    return np.maximum.accumulate(np.where(starts, np.arange(len(events)), 0), axis=1)


def _firsts(on: Mask, cells: npt.NDArray[np.int64]) -> Mask:
    """Of the events of each cell, the first that is on the beat."""
    before: npt.NDArray[np.int64] = np.cumsum(on, axis=-1) - on
    firsts: Mask = on & (before == np.take_along_axis(before, np.broadcast_to(cells, on.shape), axis=-1))
    return firsts


def _unlikely(events: Floats, periods: Floats, merges: int) -> list[_Reading]:
    """The readings that chance would hardly give."""
    count = len(events)
    if not len(periods):
        return []
    trials = len(periods) * len(TOLERANCES) * len(REACHES) * merges
    distances = _distances(events, periods, max(REACHES), np.zeros(len(periods)))
    places = _cells(events, periods)
    cells = (places == np.arange(count)).sum(axis=1)
    found = []
    for tolerance in TOLERANCES:
        widths = _widths(periods, tolerance, max(REACHES))
        near = distances <= widths[:, :, None]
        for reach in REACHES:
            hits = _firsts(np.logical_or.reduce(near[:, :reach], axis=1), places).sum(axis=1)
            rooms = 2 * widths[:, :reach].sum(axis=1) * count / cells
            rates = 1 - np.exp(-(count - 1) / events[-1] * rooms)
            for at in np.flatnonzero((hits >= _LEAST_SHARE * (cells - 1)) & (cells >= LEAST_EVENTS)):
                reading = _Reading(float(periods[at]), tolerance, reach, int(cells[at]), int(hits[at]), 0.0)
                p = trials * binomial_tail(reading.cells - 1, reading.hits, _chance(float(rates[at])))
                if p >= ALPHA:
                    continue
                chance = _chance(max(float(rates[at]), _beside(events, reading)))
                p = trials * binomial_tail(reading.cells - 1, reading.hits, chance)
                if p < ALPHA and _is_sharp(events, reading):
                    found.append(
                        _Reading(*(reading.period, tolerance, reach, reading.cells, reading.hits, p))
                    )
    return found


def _chance(share: float) -> float:
    return min(0.99, max(share, _FLOOR))


def _beside(events: Floats, reading: _Reading) -> float:
    """The largest share of cells that are on a beat beside this one."""
    shifts = [flank * reading.period for flank in _FLANKS]
    if reading.period >= _LONG_S:
        shifts += _BESIDE_LONG_S
    periods = np.full(len(shifts), reading.period)
    widths = _widths(periods, reading.tolerance, reading.reach)
    near = _distances(events, periods, reading.reach, np.array(shifts)) <= widths[:, :, None]
    hits = _firsts(np.logical_or.reduce(near, axis=1), _cells(events, periods)).sum(axis=1)
    return float(hits.max()) / reading.cells


def _is_sharp(events: Floats, reading: _Reading) -> bool:
    """Do the lags gather at the period, and not just about it? Songs last about as long each."""
    off = np.abs(_nearest(events, events + reading.period) - events - reading.period)
    width = _widths(np.array([reading.period]), reading.tolerance, 1)[0, 0]
    inside, about = int((off <= width).sum()), int((off <= 2 * width).sum())
    return binomial_tail(about, inside, _BLUNT) < _BLUNT_P


def _on(events: Floats, reading: _Reading) -> Mask:
    """The events that have a follower on the beat, or are one."""
    period = np.array([reading.period])
    widths = _widths(period, reading.tolerance, reading.reach)[:, :, None]
    ahead = _distances(events, period, reading.reach, np.zeros(1)) <= widths
    behind = _distances(-events[::-1], period, reading.reach, np.zeros(1)) <= widths
    on: Mask = np.logical_or.reduce(ahead | behind[:, :, ::-1], axis=(0, 1))
    return on


def _crowd(events: Floats, reading: _Reading) -> Floats:
    """By event, the chance of a neighbour on the beat, told by the neighbours beside it."""
    period, width = reading.period, _widths(np.array([reading.period]), reading.tolerance, 1)[0, 0]
    beside = np.zeros(len(events))
    for low, high in (
        (-1.5 * period, -period - width),
        (width - period, -0.5 * period),
        (0.5 * period, period - width),
        (period + width, 1.5 * period),
    ):
        beside += np.searchsorted(events, events + high) - np.searchsorted(events, events + low)
    room = reading.reach * 4 * width
    chance: Floats = 1 - np.exp(-beside * room / (2 * period - 4 * width))
    return chance


def _lags(events: Floats, reading: _Reading) -> Floats:
    """For each event that is followed one period later: the lag, ascending."""
    lags = _nearest(events, events + reading.period) - events
    width = _widths(np.array([reading.period]), reading.tolerance, 1)[0, 0]
    return np.sort(lags[np.abs(lags - reading.period) <= width])


def _beats_surrogates(events: Floats, reading: _Reading) -> bool:
    """Has no surrogate as many cells on the beat? The seed is fixed: the same series, the same answer."""
    rng = np.random.default_rng(20140722)
    moves = (2 * rng.random((SURROGATES, len(events))) - 1) * _DITHER * reading.period
    rows = np.sort(events + moves, axis=1)
    # All rows behind one another, far enough apart not to meet.
    line = (rows + np.arange(SURROGATES)[:, None] * (events[-1] + 8 * reading.period)).ravel()
    period = np.array([reading.period])
    widths = _widths(period, reading.tolerance, reading.reach)
    near = _distances(line, period, reading.reach, np.zeros(1)) <= widths[:, :, None]
    firsts = _firsts(np.logical_or.reduce(near, axis=1), _cells(line, period))
    most = firsts.reshape(rows.shape).sum(axis=1).max()
    return bool(most < reading.hits)


def binomial_tail(trials: int, hits: int, p: float) -> float:
    """P(X >= hits) for X binomial; summed from the largest term down, in logarithms."""
    if hits <= trials * p:
        return 1.0
    log_p, log_q = math.log(p), math.log1p(-p)
    total = 0.0
    for k in range(hits, trials + 1):
        term = math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        value = math.exp(term + k * log_p + (trials - k) * log_q)
        total += value
        if value < total * 1e-12:
            break
    return min(1.0, total)
