"""Which windows of a series count for a claim, and the bytes that left in them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wirewitness.find.window_volumes import Span, SpanVolume
from wirewitness.judge.evidence import Place
from wirewitness.judge.matching import in_countries
from wirewitness.judge.timeline import Timeline, holds
from wirewitness.judge.trial_statistics import Draw, Floats
from wirewitness.model.case_file import Claim, host_matches
from wirewitness.model.coverage import LiveSpan
from wirewitness.model.instant import NS, Instant
from wirewitness.model.trials import Plan, Series, Window

MOST_DESTINATIONS, MOST_CELLS = 64, 200_000
"""Those that received most, fewer where windows, arms and lags are many, so that memory stays bounded; chosen
by bytes alone, so that the choice knows nothing of the arms."""


@dataclass(frozen=True)
class Ground:
    """What trials are judged on besides the plan: when what was recorded, and what left in which span."""

    timeline: Timeline
    live: Sequence[LiveSpan]
    places: Mapping[tuple[str, str], Place]
    volumes: Sequence[SpanVolume]


@dataclass(frozen=True)
class Measured:
    """A series under a claim: windows that count, why others do not, bytes by destination, lag, window."""

    windows: tuple[Window, ...]
    outside: int
    uncaptured: int
    destinations: tuple[str, ...]
    volumes: Floats
    draw: Draw


def spans_of(plan: Plan) -> list[Span]:
    """Every span of the plan in which bytes are to be counted, numbered as `measure` expects them."""
    return [
        Span(number, begin, end)
        for number, (begin, end) in enumerate(
            _shifted(window, lag)
            for series in plan.series
            for window in series.windows
            for lag in series.lags_s
        )
    ]


def measure(claim: Claim, plan: Plan, series: Series, ground: Ground) -> Measured:
    """What of a series counts for a claim: windows as planned, in its period and condition, recorded."""
    first = sum(len(one.windows) * len(one.lags_s) for one in plan.series[: plan.series.index(series)])
    kept: list[int] = []
    outside = uncaptured = 0
    for number, window in enumerate(series.windows):
        spans = [_shifted(window, lag) for lag in series.lags_s]
        if not all(_under(claim, *span, ground.timeline) for span in spans):
            outside += 1
        elif not all(_captured(*span, ground.live) for span in spans):
            uncaptured += 1
        else:
            kept.append(number)
    numbers = {
        first + window * len(series.lags_s) + lag: (lag, place)
        for place, window in enumerate(kept)
        for lag in range(len(series.lags_s))
    }
    shape = (len(series.lags_s), len(kept))
    most = MOST_CELLS // max(1, shape[0] * shape[1] * len(series.arms))
    destinations, volumes = _volumes(claim, ground, numbers, shape, max(1, min(MOST_DESTINATIONS, most)))
    arms = [arm.id for arm in series.arms]
    windows = tuple(series.windows[number] for number in kept)
    draw = Draw.of(
        [arms.index(window.arm) for window in windows],
        [window.block for window in windows],
        [arm.code for arm in series.arms],
    )
    return Measured(windows, outside, uncaptured, destinations, volumes, draw)


def _shifted(window: Window, lag_s: int) -> tuple[Instant, Instant]:
    return window.start + lag_s * NS, window.end + lag_s * NS


def _under(claim: Claim, begin: Instant, end: Instant, timeline: Timeline) -> bool:
    """Whether a span lies in the claim's period and its condition is known to hold throughout."""
    if begin not in claim.period or Instant(end - 1) not in claim.period:
        return False
    if not claim.when:
        return True
    first, last = bisect_right(timeline.changes, begin), bisect_right(timeline.changes, Instant(end - 1))
    times = [begin, *timeline.changes[first:last]]
    times += [t for c in timeline.captures for t in (c.first, Instant(c.last + 1)) if begin < t < end]
    return all(holds(claim.when, timeline.at(time)) is True for time in times)


def _captured(begin: Instant, end: Instant, live: Sequence[LiveSpan]) -> bool:
    """Whether captures ran from one end of a span to the other; `live` is in the order of time."""
    for span in live:
        if span.from_ <= begin < span.until:
            begin = span.until
            if begin >= end:
                return True
    return False


def _volumes(
    claim: Claim,
    ground: Ground,
    numbers: Mapping[int, tuple[int, int]],
    shape: tuple[int, int],
    most: int,
) -> tuple[tuple[str, ...], Floats]:
    """Bytes to each of the claim's destinations, and to all of them together where they are several."""
    by_host: dict[str, Floats] = defaultdict(lambda: np.zeros(shape))
    for volume in ground.volumes:
        if volume.number in numbers and _concerns(claim, volume, ground):
            by_host[volume.host or volume.address][numbers[volume.number]] += volume.up
    if not by_host:
        return (), np.zeros((0, *shape))
    hosts = sorted(by_host, key=lambda host: (-float(by_host[host].sum()), host))[:most]
    rows = [by_host[host] for host in hosts]
    if len(hosts) > 1:
        hosts.append("all")
        rows.append(np.sum(rows, axis=0))
    return tuple(hosts), np.stack(rows)


def _concerns(claim: Claim, volume: SpanVolume, ground: Ground) -> bool:
    """Whether bytes went to the claim's hosts and countries; what nothing names is nobody's."""
    if volume.host == "" and claim.hosts:
        return False
    place = ground.places.get((volume.host, volume.address), Place())
    return host_matches(volume.host, claim.hosts) and in_countries(claim, place) is True
