"""The owner's day: screen on and off, charging at night.

Times are UTC; the owner lives some hours east of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wirelab.stage import Stage

AWAKE_FROM, AWAKE_UNTIL = 0, 15
"""Hours (UTC) between which the owner is awake."""
_SESSIONS = 7


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
        plugged = stage.day(day, "16:00") + timedelta(minutes=rng.randrange(30))
        stage.at(plugged, lambda: stage.state("charging", "on"))
        stage.at(plugged + timedelta(hours=6), lambda: stage.state("charging", "off"))


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
