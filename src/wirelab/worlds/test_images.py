"""The camera sends test images.

Honest, and looks bad: a self-test of the camera uploads calibration images that it made itself. They are
real JPEG images and they go up to the vendor, but none of them is a photo of the owner's.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.misdeed.spy import MULTIPART, Spy
from wirelab.owner.photos import draw_scene
from wirelab.parcel import Parcel
from wirelab.vendor.cloud import UPLOAD
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Images that are not the owner's"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy, rng = Spy(stage), stage.rng("test images")

    def self_test() -> None:
        out = io.BytesIO()
        draw_scene(rng, 320, 240).save(out, "JPEG", quality=80)
        parcel = Parcel.of(out.getvalue()).multipart("pattern", "grid.jpg", "image/jpeg", {"lens": "rear"})
        spy.post(
            UPLOAD,
            "/camera/selftest",
            (MULTIPART,),
            parcel,
            (Datum("photo", None, parcel.chain, foreign=True),),
        )

    stage.every(
        43_200, self_test, start=stage.day(1, "04:00"), until=stage.day(3, "08:00"), jitter_s=300, name="test"
    )
