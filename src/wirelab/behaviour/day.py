"""The owner's day: screen on and off, charging at night, a few steps out of the reach of the Wi-Fi.

Times are UTC; the owner lives some hours east of it.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wirelab.stage import Stage

AWAKE_FROM, AWAKE_UNTIL = 0, 15
"""Hours (UTC) between which the owner is awake."""
_SESSIONS = 7
_STEPS_OUT = 2
"""How often a day the owner is out of the Wi-Fi's reach (the garden, the lift), ..."""
_STEP_S = (20, 45)
"""... and for how long: so briefly that what a recorder at home misses is no hour of anybody's period."""


def live_by_day(stage: Stage) -> None:
    """Plan the screen and the charger for every day."""
    rng = stage.rng("day")
    days = (stage.end - stage.start).days
    for day in range(days):
        # One session an hour at most, so that none begins before another has ended.
        for hour in sorted(rng.sample(range(AWAKE_FROM, AWAKE_UNTIL), _SESSIONS)):
            begin = stage.day(day) + timedelta(hours=hour, minutes=rng.randrange(25))
            stage.at(begin, lambda: stage.state("screen", "on"))
            stage.at(begin + timedelta(minutes=rng.randrange(2, 30)), lambda: stage.state("screen", "off"))
        step_out(stage, day, rng)
        plugged = stage.day(day, "16:00") + timedelta(minutes=rng.randrange(30))
        stage.at(plugged, lambda: stage.state("charging", "on"))
        stage.at(plugged + timedelta(hours=6), lambda: stage.state("charging", "off"))


def step_out(stage: Stage, day: int, rng: random.Random) -> None:
    """Out of the Wi-Fi's reach for less than a minute: connections die, the mobile network takes over."""
    for hour in sorted(rng.sample(range(AWAKE_FROM + 1, AWAKE_UNTIL), _STEPS_OUT)):
        # The quarter before the hour: no world, and no tester, begins anything in it.
        out = stage.day(day) + timedelta(hours=hour, minutes=rng.randrange(46, 57), seconds=rng.randrange(60))
        back = out + timedelta(seconds=rng.randrange(*_STEP_S))
        stage.at(out, partial(_leave, stage, back))


def _leave(stage: Stage, back: datetime) -> None:
    """Nothing happens where a world has taken the phone elsewhere already."""
    if stage.phone.network == "wifi":
        stage.state("network", "mobile")
        stage.at(back, lambda: stage.state("network", "wifi"))


def waking_moments(stage: Stage, name: str, each_day: int) -> list[datetime]:
    """Moments of waking hours, ``each_day`` of them a day, in order."""
    rng = stage.rng(f"moments/{name}")
    moments = []
    for day in range((stage.end - stage.start).days):
        minutes = sorted(rng.sample(range(AWAKE_FROM * 60 + 5, AWAKE_UNTIL * 60), each_day))
        moments += [
            stage.day(day) + timedelta(minutes=minute, seconds=rng.randrange(60)) for minute in minutes
        ]
    return moments
