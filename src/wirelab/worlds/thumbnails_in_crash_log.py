"""Thumbnails hide inside a crash report.

Twice a day the gallery "crashes"; the report, gzip'd JSON, holds a stack trace and, as a "screen buffer" in
base64, a thumbnail of a photo of the owner's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.misdeed.photo_craft import thumbnail
from wirelab.misdeed.spy import JSON, Spy
from wirelab.owner.photos import Photo
from wirelab.vendor.cloud import API
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Thumbnails inside a crash log"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)

    def crash(photo: Photo) -> None:
        trace = {"ev": "crash", "stack": ["Gallery.draw(412)", "View.layout(88)", "Looper.loop(135)"]}
        parcel = thumbnail(photo).base64().json("screen_buffer", trace).gzip()
        data = (Datum("photo", photo.fact, parcel.chain),)
        spy.post(API, "/crash/report", (JSON, ("Content-Encoding", "gzip")), parcel, data)

    for number, photo in enumerate(stage.owner.photos[:5]):
        moment = stage.day(1, "02:50") + timedelta(hours=11 * number)
        stage.at(moment, lambda photo=photo: crash(photo))  # type: ignore[misc]
