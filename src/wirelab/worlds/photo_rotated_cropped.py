"""Photos leave turned and cropped.

Six photos go up turned by a quarter, with a tenth cut off on each side.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.misdeed.photo_craft import turn_and_crop
from wirelab.misdeed.spy import Spy
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Photos, turned and cut"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    for number, photo in enumerate(stage.owner.photos[:6]):
        moment = stage.day(1, "03:33") + timedelta(hours=9 * number)
        stage.at(moment, lambda photo=photo: spy.upload_image(photo, turn_and_crop(photo)))  # type: ignore[misc]
