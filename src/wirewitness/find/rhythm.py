"""Rhythm: whether contacts or uploads come at a steady interval, at which, from when and until when.

Contacts closer than a few seconds are one event; `beats.py` says which period events keep. What keeps it is
a stretch of the series: the likelihoods of being on the beat, with and without a rhythm, say from where to
where (the run with the largest sum). What lies before and after is asked again, so that a period that changes
is told as two rhythms. None is called good or bad.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wirewitness.find.beats import LEAST_EVENTS, SHORTEST, TOLERANCES, Beat, Floats, find_beat
from wirewitness.find.contacts import Contacts
from wirewitness.model.instant import NS, Instant
from wirewitness.model.rhythm import Rhythm

MOST_EVENTS = 1_500
MERGE_S = (20.0, 2.0)
_CHANCE = 0.1
"""How often an event outside of a stretch is on its beat all the same."""
_COST = 0.3
"""What an event on the beat must tell to be worth its place: among many others it tells nothing."""
_MOST_STRETCHES = 4

What = Literal["contact", "upload"]


@dataclass(frozen=True)
class _Stretch:
    """The events from where to where a beat is kept, and those of them that keep it."""

    events: Floats
    kept: Floats
    beat: Beat


def find_rhythm(destination: str, times: Sequence[int], what: What = "contact") -> Rhythm | None:
    """The clearest rhythm of a series; None when no period is less probable by chance than `beats.ALPHA`."""
    return min(
        find_series_rhythms(destination, times, what), key=lambda one: (one.p, one.from_), default=None
    )


def find_series_rhythms(destination: str, times: Sequence[int], what: What = "contact") -> tuple[Rhythm, ...]:
    """All rhythms of a series, in the order of time. `times` ascending, in nanoseconds."""
    for events, merge in _readings(times):
        if found := sorted(_stretches(events, merge, _MOST_STRETCHES), key=lambda one: float(one.events[0])):
            return tuple(_rhythm(destination, what, times[0], one) for one in found)
    return ()


def find_rhythms(contacts: Sequence[Contacts]) -> tuple[Rhythm, ...]:
    """By host: of contacts, the clearer of its first two series (all, new flows alone); of uploads theirs."""
    found: list[Rhythm] = []
    for one in contacts:
        series = [find_series_rhythms(one.host, times) for times in one.series[:2]]
        found += min((s for s in series if s), key=lambda s: min((r.p, r.period_s) for r in s), default=())
        found += find_series_rhythms(one.host, one.uploads, "upload")
    return tuple(found)


def _readings(times: Sequence[int]) -> Iterator[tuple[Floats, float]]:
    """The events merged widely, then narrowly where that makes a difference."""
    wide, narrow = MERGE_S
    yield _merge(times, wide), wide
    events = _merge(times, narrow)
    # So far apart they are the same events, with the same differences to try.
    if len(events) > 1 and np.diff(events).min() <= SHORTEST * wide:
        yield events, narrow


def _merge(times: Sequence[int], gap: float) -> Floats:
    """Events in seconds since the first contact: the first contact of each run without a longer pause."""
    seconds = (np.asarray(times, np.int64) - (times[0] if len(times) else 0)) / NS
    first = np.diff(seconds, prepend=-np.inf) > gap
    return seconds[first][:MOST_EVENTS]


def _stretches(events: Floats, merge: float, most: int) -> Iterator[_Stretch]:
    """Stretches of the series, the widest first."""
    if len(events) < LEAST_EVENTS or most == 0:
        return
    beat = find_beat(events - events[0], merge, len(MERGE_S))
    if beat is None:
        return
    first, last = _stretch(beat)
    inside = events[first:last]
    if len(inside) < len(events):
        beat = find_beat(inside - inside[0], merge, len(MERGE_S)) or beat
    kept = inside[beat.on] if len(beat.on) == len(inside) else inside
    before = _also_kept(events[first] - events[:first][::-1], beat.period)
    after = _also_kept(events[last:] - events[last - 1], beat.period)
    first, last = first - before, last + after
    kept = np.concatenate((events[first:][:before], kept, events[last - after : last]))
    yield _Stretch(events[first:last], kept, beat)
    for rest in (events[:first], events[last:]):
        yield from _stretches(rest, merge, most - 1)


def _also_kept(away: Floats, period: float) -> int:
    """How many events at a stretch's border, at so many seconds from it, are less exact but near their beat.

    Each is held against the stretch's beat and not against its neighbour: another period drifts away.
    """
    beats = np.arange(1, len(away) + 1) * period
    off = np.abs(away - beats) > TOLERANCES[-1] * period
    return int(off.argmax()) if off.any() else len(away)


def _stretch(beat: Beat) -> tuple[int, int]:
    """From which event to which (exclusive) the beat is kept, as likelihoods have it."""
    share = min(0.95, max(float(beat.on.mean()), 0.3))
    chance = np.clip(beat.chance, _CHANCE, 0.95)
    said = np.where(beat.on, np.log(share / chance), np.log((1 - share) / (1 - chance)))
    said = np.minimum(said, 2.0) - np.where(beat.on, _COST, 0.0)
    sums = np.concatenate(([0.0], np.cumsum(said)))
    rises = sums - np.minimum.accumulate(sums)
    last = int(rises.argmax())
    return int(sums[: last + 1].argmin()), last


def _rhythm(destination: str, what: What, origin: int, stretch: _Stretch) -> Rhythm:
    """Median lag with the 95 % interval of the median by order statistics (no shape is assumed)."""
    events, beat = stretch.events, stretch.beat
    count = len(beat.lags)
    reach = 0.98 * math.sqrt(count)
    low = beat.lags[max(0, math.floor(count / 2 - reach))]
    high = beat.lags[min(count - 1, math.ceil(count / 2 + reach))]
    missed = np.maximum(0, np.rint(np.diff(stretch.kept) / beat.period) - 1).sum()
    return Rhythm(
        destination=destination,
        what=what,
        period_s=round(beat.period, 3),
        low_s=round(float(low), 3),
        high_s=round(float(high), 3),
        count=len(events),
        missed=int(missed),
        p=float(f"{beat.p:.3g}"),
        from_=Instant(origin + round(float(events[0]) * NS)),
        until=Instant(origin + round(float(events[-1]) * NS)),
    )
