"""The contact is periodic, but not neatly.

Nominally every hour, each beat is shifted by up to four minutes, one in seven is missed, and at night doze
lets only every second one through. It carries a counter, nothing personal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.behaviour.everyday import everyday
from wirelab.misdeed.spy import Spy
from wirelab.vendor.cloud import API
from wirelab.vendor.control_day import control_day, remove_software

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "A rhythm with jitter, missed beats and doze"


def play(stage: Stage) -> None:
    """The whole course of events."""
    everyday(stage)
    agent = control_day(stage, updates_stay=False)
    remove_software(stage, agent)
    spy, rng = Spy(stage), stage.rng("missed")

    def beat() -> None:
        hour = stage.now().hour
        dozing = 16 <= hour < 22 and hour % 2 == 1
        if not dozing and rng.random() > 1 / 7:
            spy.beat()

    start, until = stage.day(1), stage.day(3, "08:00")
    stage.every(3600, beat, start=start, until=until, jitter_s=240, name="irregular")
    stage.beat(API, "contact", 3600, 240, start=start, until=until)
