"""The same course of events is recorded twice.

Photos and messages go up as alleged, for two days. One recorder sits at the home's gateway, one on the
phone, where connections are made anew, with other ports and cut otherwise. Nothing may count twice.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.recording import Recording, add_recording
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "The same nights, seen from two places"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    for number, photo in enumerate(stage.owner.photos[:6]):
        moment = stage.day(1, "02:17") + timedelta(hours=8 * number)
        stage.at(moment, lambda photo=photo: spy.upload_photo(photo))  # type: ignore[misc]
    for number in range(5):
        batch = stage.owner.messages[number * 3 : number * 3 + 3]
        moment = stage.day(1, "04:42") + timedelta(hours=7 * number)
        stage.at(moment, lambda batch=batch: spy.upload_messages(batch))  # type: ignore[misc]


def record(stage: Stage, folder: Path, keys: str) -> list[Recording]:
    """At the gateway and on the phone."""
    return [
        add_recording(stage, folder, keys),
        add_recording(stage, folder, keys, name="phone", vantage="phone"),
    ]
