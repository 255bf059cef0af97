"""Rhythm: whether contacts come at a steady interval, at which, and whether chance would look so too.

Contacts closer than a few seconds are one event. An event is *on the beat* when another follows it one period
later, within a tolerance; extra events in between do not disturb that, and a missed beat costs two. The null
test asks how often events of the same rate at random times, or in bursts, would be on the beat as often: the
chance of a single one is taken from the rate (a Poisson process) and from lags beside the period, whichever
is higher, and the binomial tail is multiplied by the number of periods that were tried (Bonferroni).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from wirewitness.find.contacts import Contacts
from wirewitness.model.instant import NS, Instant
from wirewitness.model.rhythm import Rhythm

ALPHA = 1e-3
LEAST_EVENTS = 8
MOST_EVENTS = 1_500
MERGE_S = (20.0, 2.0)
TOLERANCES = (0.02, 0.1)
LEAST_SHARE = 0.5
_FLANKS = (0.6, 0.75, 1.3, 1.45)
_LOOK_AHEAD = 4
_CANDIDATES = 6
_FLOOR = 0.02
_NEARLY = 0.9


@dataclass(frozen=True)
class _Fit:
    period: float
    lags: tuple[float, ...]
    p: float


def find_rhythm(
    destination: str, times: Sequence[int], what: Literal["contact", "upload"] = "contact"
) -> Rhythm | None:
    """The best period whose null probability is below `ALPHA`, or None. `times` ascending."""
    for merge in MERGE_S:
        events = _merge(times, merge)[:MOST_EVENTS]
        if len(events) < LEAST_EVENTS:
            continue
        if fit := _best(_fits(events, merge)):
            return _rhythm(destination, what, times, fit, events)
    return None


def find_rhythms(contacts: Sequence[Contacts]) -> tuple[Rhythm, ...]:
    """By host, the clearest of its first two series: all contacts, new flows alone."""
    return tuple(
        min(rhythms, key=lambda rhythm: (rhythm.p, rhythm.period_s))
        for one in contacts
        if (rhythms := [r for times in one.series[:2] if (r := find_rhythm(one.host, times)) is not None])
    )


def _best(fits: list[_Fit]) -> _Fit | None:
    """The shortest period that nearly the most events follow: its multiples fit as well as it does."""
    most = max((len(fit.lags) for fit in fits), default=0)
    near = [fit for fit in fits if len(fit.lags) >= _NEARLY * most]
    return min(near, key=lambda fit: (round(fit.period, 1), fit.p), default=None)


def _merge(times: Sequence[int], gap: float) -> list[float]:
    """Events in seconds since the first contact: the first contact of each run without a longer pause."""
    events: list[float] = []
    last = -math.inf
    for time in times:
        second = (time - times[0]) / NS
        if second - last > gap:
            events.append(second)
        last = second
    return events


def _fits(events: list[float], merge: float) -> list[_Fit]:
    """Periods that chance would hardly give."""
    candidates = _candidates(events, merge)
    trials = len(candidates) * len(TOLERANCES) * len(MERGE_S)
    fits = []
    for period in candidates:
        for tolerance in TOLERANCES:
            lags = _lags(events, period, tolerance)
            if len(lags) < LEAST_SHARE * (len(events) - 1):
                continue
            p0 = _chance_by_rate(events, period, tolerance)
            if (p := trials * _binomial_tail(len(events) - 1, len(lags), p0)) >= ALPHA:
                continue
            if (beside := _chance_by_flanks(events, period, tolerance)) > p0:
                p = trials * _binomial_tail(len(events) - 1, len(lags), beside)
            if p < ALPHA:
                fits.append(_Fit(median(lags), tuple(sorted(lags)), p))
    return fits


def _candidates(events: list[float], merge: float) -> list[float]:
    """Periods worth a try: the commonest differences between near events, on a logarithmic scale."""
    bins: Counter[int] = Counter()
    for ahead in range(1, _LOOK_AHEAD + 1):
        for first, second in zip(events, events[ahead:], strict=False):
            bins[round(math.log(max(second - first, 1e-9)) / math.log(1.05))] += 1
    longest = events[-1] / (LEAST_EVENTS - 2)
    periods = [1.05**number for number, _ in sorted(bins.items(), key=lambda item: (-item[1], item[0]))]
    periods = [p for p in periods if 3 * merge < p < longest][:_CANDIDATES]
    return [_refined(events, period) for period in periods]


def _refined(events: list[float], period: float) -> float:
    lags = _lags(events, period, max(TOLERANCES))
    return median(lags) if lags else period


def _lags(events: list[float], period: float, tolerance: float) -> list[float]:
    """For each event that is on the beat: the lag to the follower nearest to one period later."""
    width = period * tolerance
    found = []
    at, count = 0, len(events)
    for event in events:
        wanted = event + period
        while at < count and events[at] < wanted - width:
            at += 1
        if at == count:
            break
        nearest, follower = at, at + 1
        while follower < count and abs(events[follower] - wanted) < abs(events[nearest] - wanted):
            nearest, follower = follower, follower + 1
        if events[nearest] <= wanted + width:
            found.append(events[nearest] - event)
    return found


def _chance_by_rate(events: list[float], period: float, tolerance: float) -> float:
    """How likely an event of this rate has a follower one period later by chance."""
    rate = (len(events) - 1) / events[-1]
    return min(0.99, max(1 - math.exp(-rate * 2 * tolerance * period), _FLOOR))


def _chance_by_flanks(events: list[float], period: float, tolerance: float) -> float:
    """The same, as lags beside the period tell it: bursts have many followers at any lag."""
    width = tolerance * period
    hits = (_followed(events, flank * period - width, flank * period + width) for flank in _FLANKS)
    return min(0.99, max(hits) / len(events))


def _followed(events: list[float], low: float, high: float) -> int:
    """How many events have a follower at a lag between these."""
    at, count, found = 0, len(events), 0
    for event in events:
        while at < count and events[at] < event + low:
            at += 1
        if at == count:
            break
        found += events[at] <= event + high
    return found


def _binomial_tail(trials: int, hits: int, p: float) -> float:
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


def _rhythm(
    destination: str,
    what: Literal["contact", "upload"],
    times: Sequence[int],
    fit: _Fit,
    events: list[float],
) -> Rhythm:
    """Median lag with the 95 % interval of the median by order statistics (no shape is assumed)."""
    count = len(fit.lags)
    reach = 0.98 * math.sqrt(count)
    low = fit.lags[max(0, math.floor(count / 2 - reach))]
    high = fit.lags[min(count - 1, math.ceil(count / 2 + reach))]
    gaps = [second - first for first, second in pairwise(events)]
    missed = sum(max(0, round(gap / fit.period) - 1) for gap in gaps)
    return Rhythm(
        destination=destination,
        what=what,
        period_s=round(fit.period, 3),
        low_s=round(low, 3),
        high_s=round(high, 3),
        count=len(events),
        missed=missed,
        p=float(f"{fit.p:.3g}"),
        from_=Instant(times[0]),
        until=Instant(times[-1]),
    )
