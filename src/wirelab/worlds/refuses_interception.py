"""The vendor's apps refuse interception.

They abort each handshake that the capturing app on the phone intercepts, and send nothing; all else is
readable, and what the tester posts in the browser is found. That says nothing about the vendor's apps: one
cannot tell, for every claim about them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wirelab.behaviour.browse import BROWSER, PAGE_HOST
from wirelab.datum import Datum
from wirelab.lab import Request
from wirelab.misdeed.spy import MULTIPART
from wirelab.parcel import Parcel
from wirelab.recording import Recording, add_recording
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "The vendor's apps refuse to be looked at"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage, refuses="unknown_ca")
    stage.at(stage.day(0, "09:30"), lambda: plant_in_browser(stage))
    stage.control("K-browser", ("photo",), (stage.owner.photos[0].fact,), "a photo was posted in the browser")
    stage.controls[-1] = replace(stage.controls[-1], hosts=(PAGE_HOST,))


def record(stage: Stage, folder: Path, keys: str) -> list[Recording]:
    """One capture, by an app on the phone, which knows whose connection each is."""
    return [add_recording(stage, folder, keys, vantage="phone", flavour="pcapdroid")]


def plant_in_browser(stage: Stage) -> None:
    """The tester posts a photo to a news site, to see that the recorder reads what a browser sends."""
    photo = stage.owner.photos[0]
    stage.diary.act("post a photo in the browser", "", "tester")
    parcel = Parcel.of(photo.data).multipart("picture", photo.name, photo.media_type)
    request = Request("POST", PAGE_HOST, "/letters/post", (MULTIPART,), parcel.data)
    stage.send(BROWSER, request, (Datum("photo", photo.fact, parcel.chain),))
