"""The capturing app was killed at night.

On two nights the phone kills the capturing app at 16:20; the tester starts it again in the morning, at
22:10 UTC. In those hours, and only in those, photos go up. By day everything is as the vendor explained.
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

TITLE = "The capture died, the uploads happened then"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    for number, photo in enumerate(stage.owner.photos[:6]):
        moment = stage.day(1 + number // 3, "17:15") + timedelta(minutes=70 * (number % 3))
        stage.at(moment, lambda photo=photo: spy.upload_photo(photo))  # type: ignore[misc]


def record(stage: Stage, folder: Path, keys: str) -> list[Recording]:
    """One capture, by an app on the phone, with two holes."""
    recording = add_recording(stage, folder, keys, vantage="phone", flavour="pcapdroid")
    for day in (1, 2):
        start, until = stage.day(day, "16:20"), stage.day(day, "22:10")
        stage.lose_capture(start, until, recording.recorder)
        stage.at(until, lambda: stage.diary.recorder("start"))
    return [recording]
