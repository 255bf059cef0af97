"""A job outlives the software.

Everything is as the vendor explained until the software is uninstalled. Then a job of another system
component uploads four photos, some hours apart, as if nothing had been removed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "After the removal: a job that nobody sees goes on"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    for number, photo in enumerate(stage.owner.photos[:4]):
        moment = stage.day(3, "14:40") + timedelta(hours=2 * number)
        stage.at(moment, lambda photo=photo: spy.upload_photo(photo))  # type: ignore[misc]
