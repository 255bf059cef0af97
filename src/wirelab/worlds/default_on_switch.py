"""The backup is on by default.

At the beginning of the second day the software itself turns its backup setting on, as some do after an
update; the owner does nothing and has agreed to nothing. Photos and messages go up from then on, until the
removal.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "The switch was on before anybody touched it"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    stage.at(stage.day(1), lambda: stage.state("backup", "on", "by the software itself, after an update"))
    stage.at(stage.day(3, "08:00"), lambda: stage.state("backup", "off", "owner"))
    for number, photo in enumerate(stage.owner.photos[:8]):
        moment = stage.day(1, "03:05") + timedelta(hours=5 * number)
        stage.at(moment, lambda photo=photo: spy.upload_photo(photo))  # type: ignore[misc]
    for number in range(5):
        batch = stage.owner.messages[number * 3 : number * 3 + 3]
        moment = stage.day(1, "05:40") + timedelta(hours=8 * number)
        stage.at(moment, lambda batch=batch: spy.upload_messages(batch))  # type: ignore[misc]
