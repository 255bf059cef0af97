"""Doze: while nobody looks at the phone and it is not charged, background work waits and then goes at once.

Half an hour after the screen went dark the phone sleeps. From then on it wakes for a moment each half hour
(by its own clock), and whatever asked to run meanwhile runs then, together. Lighting the screen or plugging
it in ends the sleep. Push messages and the vendor's own agent are exempt, as a system's services are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wirelab.stage import Stage

ASLEEP_AFTER_S = 1800.0
WINDOW_S = 1800.0


class Doze:
    """Runs background work now, or at the next moment at which the phone is awake."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._dark_since = stage.now()
        self._waiting: list[Callable[[], None]] = []
        stage.on_state.append(self._noted)

    def soon(self, work: Callable[[], None]) -> None:
        """Run it now, or in the next window."""
        if not self._asleep():
            work()
            return
        self._waiting.append(work)
        if len(self._waiting) == 1:
            seconds = self._stage.now().timestamp() % WINDOW_S
            self._stage.at(self._stage.now() + timedelta(seconds=WINDOW_S - seconds), self._wake)

    def _asleep(self) -> bool:
        states = self._stage.diary.at(self._stage.lab.clock.now)
        if states["screen"] == "on" or states["charging"] == "on":
            return False
        return (self._stage.now() - self._dark_since).total_seconds() >= ASLEEP_AFTER_S

    def _noted(self, key: str, value: str) -> None:
        if key in ("screen", "charging"):
            self._dark_since = self._stage.now()
            if value == "on":
                self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for work in waiting:
            work()
