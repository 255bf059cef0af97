"""The owner sends photos to a friend.

Honest, and looks bad: in the messenger the owner sends four photos, which go to that messenger's servers in
Singapore as a multipart form. The vendor has nothing to do with it, and the owner did it by hand.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.behaviour.chat import CHAT, CHAT_HOST
from wirelab.datum import Datum
from wirelab.lab import Request
from wirelab.misdeed.spy import MULTIPART
from wirelab.owner.photos import Photo
from wirelab.parcel import Parcel
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "A photo that the owner sent in a chat"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    stage.consent(
        "chat-1",
        ("photo",),
        (CHAT_HOST,),
        purpose="sending a photo in a chat",
        start=stage.day(0),
        until=stage.end,
    )

    def send(photo: Photo) -> None:
        stage.diary.act("send a photo in the messenger", "", "owner")
        parcel = Parcel.of(photo.data).multipart("image", photo.name, photo.media_type, {"room": "5e1f20b7"})
        request = Request("POST", CHAT_HOST, "/rooms/upload", (MULTIPART,), parcel.data)
        stage.send(CHAT, request, (Datum("photo", photo.fact, parcel.chain),))

    for number, photo in enumerate(stage.owner.photos[:4]):
        moment = stage.day(1, "05:10") + timedelta(hours=13 * number)
        stage.at(moment, lambda photo=photo: send(photo))  # type: ignore[misc]
