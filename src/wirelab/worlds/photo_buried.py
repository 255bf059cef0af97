"""Photos leave in base64 in protocol buffers in gzip in multipart.

Six photos go up inside "metrics": base64 as a field of a protocol buffers message, compressed, as a file of
a multipart form. Nothing on the outside speaks of an image.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.owner.photos import Photo
from wirelab.parcel import Parcel
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Photos buried in four encodings"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)

    def bury(photo: Photo) -> None:
        parcel = Parcel.of(photo.data).base64().protobuf(9, {1: 3, 2: "frame_stats"}).gzip()
        spy.upload_image(photo, parcel, "application/x-metrics")

    for number, photo in enumerate(stage.owner.photos[:6]):
        moment = stage.day(1, "03:33") + timedelta(hours=9 * number)
        stage.at(moment, lambda photo=photo: bury(photo))  # type: ignore[misc]
