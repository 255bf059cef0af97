"""The recorded time as a picture: conditions as bands, uploads as marks by kind and destination.

In go named spans and dated marks; out comes a layout in SVG user units (the page is 1,000 wide), which the
template only has to draw. No text is measured: labels stand in a column of their own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 1000
LEFT = 275
RIGHT = 962
ROW = 26
TOP = 30
GAP = 14
MAX_LANES = 24
_BINS = 140
_TICKS = 8
# From fine to coarse: the first that needs no more than _TICKS ticks is taken.
_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 14 * 86400,
        30 * 86400, 90 * 86400, 365 * 86400,
    )
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A state that held over a time: `tone` is the CSS class, `label` what it says."""

    lane: str
    label: str
    tone: str
    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Mark:
    """One upload: `lane` says kind and destination, `tone` the CSS class of its kind; `planted`: a canary."""

    lane: str
    tone: str
    when: datetime
    planted: bool = False


@dataclass(frozen=True)
class Box:
    """A drawn span: left edge and width, its words and whether they fit into it."""

    x: float
    width: float
    tone: str
    label: str
    fits: bool


@dataclass(frozen=True)
class Dot:
    """A drawn bin of marks."""

    x: float
    radius: float
    tone: str
    count: int
    when: datetime
    planted: int = 0


@dataclass(frozen=True)
class Lane:
    """One line of the picture."""

    label: str
    y: float
    boxes: tuple[Box, ...] = ()
    dots: tuple[Dot, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class Tick:
    """A mark on the time axis."""

    x: float
    label: str


@dataclass(frozen=True)
class Timeline:
    """The laid-out picture; `left_out` lanes of marks are not drawn."""

    first: datetime
    last: datetime
    height: float
    axis: float
    bands: tuple[Lane, ...]
    marks: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    left_out: int

    left: float = LEFT
    right: float = RIGHT

    @property
    def planted(self) -> int:
        """Number of canaries among the marks drawn."""
        return sum(dot.planted for lane in self.marks for dot in lane.dots)

    @property
    def count(self) -> int:
        """Number of marks drawn."""
        return sum(lane.count for lane in self.marks)


def draw_timeline(first: datetime, last: datetime, spans: Sequence[Span], marks: Sequence[Mark]) -> Timeline:
    """Lay out `spans` and `marks` between `first` and `last` (a moment is widened to a second)."""
    last = max(last, first + timedelta(seconds=1))
    scale = _Scale(first, last)
    y = float(TOP)
    bands = []
    for label in dict.fromkeys(span.lane for span in spans):
        boxes = tuple(scale.box(span) for span in spans if span.lane == label and scale.touches(span))
        bands.append(Lane(label, y, boxes=boxes))
        y += ROW
    y += GAP if bands else 0
    lanes = Counter(mark.lane for mark in marks)
    shown = []
    for label in list(dict.fromkeys(mark.lane for mark in marks))[:MAX_LANES]:
        dots = scale.dots(mark for mark in marks if mark.lane == label)
        shown.append(Lane(label, y, dots=dots, count=lanes[label]))
        y += ROW
    return Timeline(
        first, last, y + 34, y + 4, tuple(bands), tuple(shown), scale.ticks(), max(0, len(lanes) - MAX_LANES)
    )


@dataclass(frozen=True)
class _Scale:
    first: datetime
    last: datetime

    def x(self, when: datetime) -> float:
        share = (when - self.first) / (self.last - self.first)
        return round(LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0), 1)

    def touches(self, span: Span) -> bool:
        return span.begin < self.last and span.end > self.first

    def box(self, span: Span) -> Box:
        x, end = self.x(span.begin), self.x(span.end)
        width = max(round(end - x, 1), 1.5)
        # About 7 units a Latin letter at the page's size; wide characters count twice.
        wanted = sum(14 if ord(char) > 0x2E80 else 7 for char in span.label) + 12
        return Box(x, width, span.tone, span.label, wanted <= width)

    def dots(self, marks: Iterable[Mark]) -> tuple[Dot, ...]:
        step = (self.last - self.first) / _BINS
        bins: dict[int, list[Mark]] = {}
        for mark in marks:
            bins.setdefault(min(int((mark.when - self.first) / step), _BINS - 1), []).append(mark)
        return tuple(
            Dot(
                self.x(group[0].when if len(group) == 1 else self.first + step * (index + 0.5)),
                round(min(3.2 + len(group) ** 0.5 * 0.9, 9.5), 1),
                group[0].tone,
                len(group),
                group[0].when,
                sum(mark.planted for mark in group),
            )
            for index, group in sorted(bins.items())
        )

    def ticks(self) -> tuple[Tick, ...]:
        length = self.last - self.first
        step = next((step for step in _STEPS if length / step <= _TICKS), length / _TICKS)
        day = timedelta(days=1)
        pattern = "%Y-%m-%d" if step >= day else "%m-%d %H:%M" if length > day else "%H:%M"
        if step < timedelta(minutes=1):
            pattern = "%H:%M:%S"
        origin = datetime(self.first.year, 1, 1, tzinfo=UTC)
        when = origin + step * -((origin - self.first) // step)
        ticks = []
        while when <= self.last:
            ticks.append(Tick(self.x(when), f"{when:{pattern}}"))
            when += step
        return tuple(ticks)
