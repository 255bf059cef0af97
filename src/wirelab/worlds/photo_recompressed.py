"""Photos leave recompressed.

Six photos go up scaled to 640 points and saved again at low quality, without EXIF: no byte is the same as
in the owner's file.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.misdeed.photo_craft import recompress
from wirelab.misdeed.spy import Spy
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Photos, made smaller and saved again"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    for number, photo in enumerate(stage.owner.photos[:6]):
        moment = stage.day(1, "03:33") + timedelta(hours=9 * number)
        stage.at(moment, lambda photo=photo: spy.upload_image(photo, recompress(photo)))  # type: ignore[misc]
