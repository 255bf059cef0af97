"""How far the clock of the events log is from that of the captures, as far as the recorder's marks tell.

A recorder was started before its first packet and stopped after its last, each by its own clock. If the log
is ahead by d, then start - first <= d <= stop - last: an interval, not a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wirewitness.judge.timeline import Recorded
from wirewitness.model.case_file import CaseFile
from wirewitness.model.instant import NS
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark

TOLERATED_S = 2.0
"""Logs are written to the second."""
WIDEST_S = 3600.0
"""A wider interval tells nothing."""


@dataclass(frozen=True)
class ClockOffset:
    """Seconds that the log is ahead of the captures: between `low` and `high`."""

    low: float
    high: float

    @property
    def least(self) -> float:
        """The smallest difference of the clocks that the interval allows; 0 when they may agree."""
        return max(self.low, -self.high, 0.0)

    @property
    def differs(self) -> bool:
        """Whether the clocks cannot agree."""
        return self.least > TOLERATED_S


def estimate_offset(case: CaseFile, captures: Sequence[Recorded]) -> ClockOffset | None:
    """None without as many starts and stops as captures, or where they say nothing or contradict."""
    marks = [event for event in case.events if event.event == "recorder" and event.key in ("start", "stop")]
    starts = [event.time for event in marks if event.key == "start"]
    stops = [event.time for event in marks if event.key == "stop"]
    spans = sorted((capture.first, capture.last) for capture in captures)
    if not spans or not len(starts) == len(stops) == len(spans):
        return None
    low = max(start - first for start, (first, _) in zip(starts, spans, strict=True)) / NS
    high = min(stop - last for stop, (_, last) in zip(stops, spans, strict=True)) / NS
    return ClockOffset(low, high) if low <= high and high - low <= WIDEST_S else None


def clock_notes(case: CaseFile, captures: Sequence[Recorded]) -> list[Remark]:
    """What is known of the two clocks, and what was done about them."""
    notes = []
    if case.clock_offset_s:
        notes.append(Remark.of(Note.CLOCK_SHIFTED, seconds=case.clock_offset_s))
    if (offset := estimate_offset(case, captures)) is not None:
        code = Note.CLOCKS_DIFFER if offset.differs else Note.CLOCK_OFFSET
        notes.append(Remark.of(code, low=round(offset.low, 1), high=round(offset.high, 1)))
    return notes
