"""Photos leave in one padded batch a night.

At 18:30 UTC each night four photos and twelve messages go up as one zlib-compressed body padded to a whole
number of mebibytes with zeros, so that its size tells nothing.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.misdeed.spy import Spy
from wirelab.owner.messages import Message
from wirelab.owner.photos import Photo
from wirelab.parcel import Parcel
from wirelab.vendor.cloud import UPLOAD
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "One padded batch a night"
MEBIBYTE = 1024 * 1024


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)

    def batch(photos: tuple[Photo, ...], messages: tuple[Message, ...]) -> None:
        text = json.dumps({"m": [message.body for message in messages]}, ensure_ascii=False).encode()
        packed = zlib.compress(b"".join([text, *(photo.data for photo in photos)]), 1)
        padding = bytes(-len(packed) % MEBIBYTE)
        data = tuple(Datum("photo", photo.fact, ("zlib",)) for photo in photos)
        data += tuple(Datum("sms.body", message.fact, ("zlib", "json")) for message in messages)
        headers = (("Content-Type", "application/octet-stream"),)
        spy.post(UPLOAD, "/sync/bulk", headers, Parcel(packed + padding), data)

    for night in range(2):
        photos = stage.owner.photos[night * 4 : night * 4 + 4]
        messages = stage.owner.messages[night * 12 : night * 12 + 12]
        moment = stage.day(1 + night, "18:30")
        stage.at(moment, lambda photos=photos, messages=messages: batch(photos, messages))  # type: ignore[misc]
