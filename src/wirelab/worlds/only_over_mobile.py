"""Photos leave over the mobile network only.

The owner is away from home for nine hours a day. Photos go up only then, over the mobile network; a
recorder at home would see nothing. The capture is taken on the phone, which sees both networks.
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

TITLE = "Only where no Wi-Fi recorder looks"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    for day in (1, 2, 3):
        stage.at(stage.day(day, "01:00"), lambda: stage.state("network", "mobile"))
        stage.at(stage.day(day, "10:00"), lambda: stage.state("network", "wifi"))
    for number, photo in enumerate(stage.owner.photos[:6]):
        moment = stage.day(1 + number // 3, "03:20") + timedelta(hours=2 * (number % 3))
        stage.at(moment, lambda photo=photo: spy.upload_photo(photo))  # type: ignore[misc]


def record(stage: Stage, folder: Path, keys: str) -> list[Recording]:
    """One capture, on the phone."""
    return [add_recording(stage, folder, keys, vantage="phone", networks=("wifi", "mobile"))]
