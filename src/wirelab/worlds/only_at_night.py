"""Photos leave only at night.

Between 17:00 and 21:00 UTC, when the owner sleeps and the phone lies still, photos and messages go up;
never by day.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Only while the owner sleeps"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    photos, messages = stage.owner.photos, stage.owner.messages
    for number in range(6):
        moment = stage.day(1 + number // 3, "17:15") + timedelta(minutes=70 * (number % 3))
        photo, batch = photos[number], messages[number * 2 : number * 2 + 2]
        stage.at(moment, lambda photo=photo: spy.upload_photo(photo))  # type: ignore[misc]
        later = moment + timedelta(minutes=25)
        stage.at(later, lambda batch=batch: spy.upload_messages(batch))  # type: ignore[misc]
