"""Virtual time: a queue of things to do, played in order of time, never waiting.

Times are integer nanoseconds since 1970-01-01 UTC. Two events of the same time are played in the order in
which they were put in, so that a run depends on nothing but its seed.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Moment: TypeAlias = "int | datetime"
NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nanoseconds(moment: Moment) -> int:
    """A moment as integer nanoseconds since 1970 UTC.

    Raises:
        ValueError: for a `datetime` without time zone.
    """
    if isinstance(moment, int):
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def utc(ns: int) -> datetime:
    """Nanoseconds since 1970 as an aware `datetime` (UTC, cut to microseconds)."""
    return _EPOCH + timedelta(microseconds=ns // 1000)


class Timer:
    """Something that will be done; `cancel()` before its time makes it nothing."""

    __slots__ = ("action",)

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Forget the action (also when it repeats)."""
        self.action = None


class Clock:
    """The laboratory's only clock: `at`, `after` and `every` put actions in, `run` plays them."""

    def __init__(self, start: Moment) -> None:
        self.now = nanoseconds(start)
        self.stepped: list[Callable[[int], None]] = []
        """Told the new time before anything is done at it (recorders write out what is due)."""
        self._queue: list[tuple[int, int, Timer]] = []
        self._count = 0

    def utc(self) -> datetime:
        """The present moment as an aware `datetime`."""
        return utc(self.now)

    def at(self, moment: Moment, action: Callable[[], None]) -> Timer:
        """Do `action` at `moment`; a moment that has passed means now."""
        timer = Timer(action)
        self._put(max(nanoseconds(moment), self.now), timer)
        return timer

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do `action` in so many seconds."""
        timer = Timer(action)
        self._put(self.now + int(seconds * NS), timer)
        return timer

    def every(
        self,
        seconds: float,
        action: Callable[[], None],
        *,
        jitter_s: float = 0.0,
        start: Moment | None = None,
        rng: random.Random | None = None,
    ) -> Timer:
        """Do `action` again and again; each beat shifted by up to `jitter_s` either way, without drift."""
        if seconds <= 0:
            raise ValueError("a rhythm needs a period above zero seconds")
        jitter = rng or random.Random(f"{seconds}:{jitter_s}")
        timer = Timer(action)
        beat = nanoseconds(start) if start is not None else self.now + int(seconds * NS)
        if beat < self.now:  # what would have been before now is not made up for
            beat += -((beat - self.now) // int(seconds * NS)) * int(seconds * NS)

        def play() -> None:
            nonlocal beat
            if timer.action is None:
                return
            timer.action()
            beat += int(seconds * NS)
            put()

        def put() -> None:
            shift = int(jitter.uniform(-jitter_s, jitter_s) * NS) if jitter_s else 0
            self.at(beat + shift, play)

        put()
        return timer

    def run(self, until: Moment) -> None:
        """Play everything up to and including `until`, which is then the present."""
        end = nanoseconds(until)
        queue = self._queue
        while queue and queue[0][0] <= end:
            when, _, timer = heapq.heappop(queue)
            if timer.action is None:
                continue
            if when > self.now:
                self.now = when
                for told in self.stepped:
                    told(when)
            timer.action()
        self.now = max(self.now, end)
        for told in self.stepped:
            told(self.now)

    def _put(self, when: int, timer: Timer) -> None:
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, timer))
