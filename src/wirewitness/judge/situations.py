"""Time cut into situations: which states held, which claims' periods it is in, whether a capture ran.

Whether it was running: with a recorder log, inside its spans (a `lost` ends one), and proven there but for
hours that lie far from any packet; without one, from a capture's first packet to its last, and only
*unproven* during an hour without a frame of which no interface statistics say that it was recorded. A capture
of one network does not cover the hours that the phone spent on another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from wirewitness.find.liveness import BUCKET_NS, SILENCE_NS, Silence
from wirewitness.find.traffic import Slice
from wirewitness.judge.timeline import Recorded, Timeline
from wirewitness.model.case_file import CaseFile, Claim, Event, Period
from wirewitness.model.coverage import ConditionCoverage, LiveSpan
from wirewitness.model.instant import Instant, hours

Live: TypeAlias = Literal["proven", "unproven", "none"]
_BEST_FIRST: tuple[Live, ...] = ("proven", "unproven")


@dataclass(frozen=True)
class Situation:
    """Circumstances under a number, and how long they held in all. `claims`: those whose period it is in."""

    number: int
    states: Mapping[str, str]
    live: Live
    claims: frozenset[str]
    nanoseconds: int


@dataclass(frozen=True)
class Situations:
    """All situations, the slices of time they stand for, and the spans in which a capture ran."""

    all: tuple[Situation, ...]
    slices: tuple[Slice, ...]
    spans: tuple[LiveSpan, ...]


@dataclass(frozen=True)
class _Running:
    """When captures ran, by their packets and by the recorder log (None: there is none)."""

    captures: Sequence[Recorded]
    silences: Sequence[Silence]
    log: list[Period] | None

    def live(self, begin: Instant, end: Instant, network: str | None) -> Live:
        """The best that any capture on this network says of a span that no edge cuts."""
        if self.log is not None and not any(begin in span for span in self.log):
            return "none"
        fitting = [
            number
            for number, capture in enumerate(self.captures)
            if network in (None, "none") or capture.network in (None, network)
        ]
        lives = [self._one(number, begin, end) for number in fitting]
        return next((live for live in _BEST_FIRST if live in lives), "none")

    def _one(self, number: int, begin: Instant, end: Instant) -> Live:
        capture = self.captures[number]
        reach = 0 if self.log is None else SILENCE_NS
        if not capture.first - reach <= begin < capture.last + 1 + reach:
            return "none" if self.log is None else "unproven"
        quiet = (
            self.log is None
            and not capture.says_it_ran(begin, end)
            and any(
                silence.capture == number and silence.from_ < end and begin < silence.until
                for silence in self.silences
            )
        )
        return "unproven" if quiet or not capture.whole else "proven"


def make_situations(
    case: CaseFile, timeline: Timeline, captures: Sequence[Recorded], silences: Sequence[Silence]
) -> Situations:
    """`silences` name captures by their place in `captures`."""
    if not captures:
        return Situations((), (), ())
    extent = Period(min(c.first for c in captures), Instant(max(c.last for c in captures) + 1))
    log = recorder_spans(case.events, extent, silences)
    running = _Running(captures, silences, log)
    edges = _edges(case.claims, timeline, running, extent)
    numbers: dict[tuple[tuple[tuple[str, str], ...], Live, frozenset[str]], int] = {}
    lengths: list[int] = []
    slices: list[Slice] = []
    lives: list[tuple[Instant, Instant, Live]] = []
    for begin, end in pairwise(edges):
        states = timeline.at(begin)
        live = running.live(begin, end, states.get("network"))
        claims = frozenset(claim.id for claim in case.claims if begin in _bounded(claim.period, extent))
        key = (tuple(sorted(states.items())), live, claims)
        number = numbers.setdefault(key, len(numbers))
        if number == len(lengths):
            lengths.append(0)
        lengths[number] += end - begin
        lives.append((begin, end, live))
        if slices and slices[-1].situation == number:
            slices[-1] = Slice(slices[-1].from_, end, number)
        else:
            slices.append(Slice(begin, end, number))
    found = tuple(
        Situation(number, dict(states), live, claims, lengths[number])
        for (states, live, claims), number in numbers.items()
    )
    return Situations(found, tuple(slices), tuple(_live_spans(lives)))


def recorder_spans(
    events: Sequence[Event], extent: Period, silences: Sequence[Silence]
) -> list[Period] | None:
    """Spans of the recorder log; None without one.

    A start without an end holds to the last packet. A start while it is said to run tells that it had died
    before, at the latest when the silence that leads up to that start began.
    """
    marks = [event for event in events if event.event == "recorder"]
    if not marks:
        return None
    spans: list[Period] = []
    begun: Instant | None = None if marks[0].key == "start" else extent.from_
    for mark in marks:
        if mark.key == "start":
            if begun is not None and (died := _last_sign(begun, mark.time, silences)) > begun:
                spans.append(Period(begun, died))
            begun = mark.time
        elif begun is not None:
            if mark.time > begun:
                spans.append(Period(begun, mark.time))
            begun = None
    if begun is not None and extent.until is not None and extent.until > begun:
        spans.append(Period(begun, extent.until))
    return spans


def _last_sign(begun: Instant, again: Instant, silences: Sequence[Silence]) -> Instant:
    """When a recorder that was started again had last been seen alive."""
    leading = [s.from_ for s in silences if begun < s.from_ < again <= s.until + BUCKET_NS]
    return min(leading, default=again)


def _bounded(period: Period, extent: Period) -> Period:
    """An open claim is about the time from the first packet to the last."""
    return Period(period.from_ or extent.from_, period.until or extent.until)


def _edges(
    claims: Sequence[Claim],
    timeline: Timeline,
    running: _Running,
    extent: Period,
) -> list[Instant]:
    edges: set[Instant] = {t for t in (extent.from_, extent.until) if t is not None}
    for period in (*(claim.period for claim in claims), *(running.log or ())):
        edges |= {t for t in (period.from_, period.until) if t is not None}
    for capture in running.captures:
        edges |= {capture.first, Instant(capture.last + 1)}
        edges |= {t for begun, ended in capture.ran for t in (begun, Instant(ended + 1))}
        edges |= {Instant(capture.first - SILENCE_NS), Instant(capture.last + 1 + SILENCE_NS)}
    for silence in running.silences:
        edges |= {silence.from_, silence.until}
    first, last = min(edges), max(edges)
    edges |= {change for change in timeline.changes if first < change < last}
    return sorted(edges)


def _live_spans(lives: Sequence[tuple[Instant, Instant, Live]]) -> list[LiveSpan]:
    spans: list[LiveSpan] = []
    for begin, end, live in lives:
        if live == "none":
            continue
        if spans and spans[-1].live == live and spans[-1].until == begin:
            spans[-1] = LiveSpan(spans[-1].from_, end, live)
        else:
            spans.append(LiveSpan(begin, end, live))
    return spans


def condition_coverage(
    situations: Situations, up_bytes: Mapping[int, tuple[int, int]]
) -> list[ConditionCoverage]:
    """Hours and bytes by condition of the phone; `up_bytes` gives (up, readable up) for each situation."""
    sums: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for situation in situations.all:
        if situation.live == "none":
            continue
        one = sums.setdefault(tuple(sorted(situation.states.items())), [0, 0, 0])
        up, readable = up_bytes.get(situation.number, (0, 0))
        one[0] += situation.nanoseconds
        one[1] += up
        one[2] += readable
    return [
        ConditionCoverage(dict(states), hours(time), up, readable)
        for states, (time, up, readable) in sorted(sums.items())
    ]
