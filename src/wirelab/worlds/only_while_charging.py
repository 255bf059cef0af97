"""Photos leave only while the phone is charging.

A watcher looks every quarter of an hour whether the charger is in, and if so sends the next photo; off the
charger it does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Only on the charger"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    waiting = list(stage.owner.photos[:8])

    def look() -> None:
        if waiting and stage.diary.at(stage.lab.clock.now)["charging"] == "on":
            spy.upload_photo(waiting.pop(0))

    stage.every(900, look, start=stage.day(1), until=stage.day(3, "08:00"), jitter_s=60, name="charger")
