"""Photos leave in pieces.

Three photos go up in pieces of 16 KiB, each its own request of type octet-stream with an offset in the
target, a minute apart; no single message holds a whole image.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.misdeed.spy import Spy
from wirelab.owner.photos import Photo
from wirelab.parcel import Parcel
from wirelab.vendor.cloud import UPLOAD
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Photos in pieces"
PIECE = 16 * 1024
"""Bytes of a photo in one request."""


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)

    def send_piece(photo: Photo, start: int) -> None:
        parcel = Parcel.of(photo.data).cut(start, start + PIECE)
        data = (Datum("photo", photo.fact, parcel.chain),)
        spy.post(
            UPLOAD, f"/sync/part?o={start}", (("Content-Type", "application/octet-stream"),), parcel, data
        )

    for number, photo in enumerate(stage.owner.photos[:3]):
        for index, start in enumerate(range(0, len(photo.data), PIECE)):
            moment = stage.day(1, "03:33") + timedelta(hours=12 * number, minutes=index)
            stage.at(moment, lambda photo=photo, start=start: send_piece(photo, start))  # type: ignore[misc]
