"""The vendor's component encrypts on its own inside TLS.

The TLS keys are known, but what goes up twice a day is sealed with a key that only the vendor has. It holds
photos; nobody can see that. The right answer is that one cannot tell.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from nacl import bindings

from wirelab.datum import UNREADABLE, Datum
from wirelab.misdeed.spy import Spy
from wirelab.owner.photos import Photo
from wirelab.parcel import Parcel
from wirelab.vendor.cloud import UPLOAD
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Something sealed inside TLS"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy, rng = Spy(stage), stage.rng("own key")
    key = rng.randbytes(32)

    def send(photo: Photo) -> None:
        sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(photo.data, None, rng.randbytes(24), key)
        data = (Datum("photo", photo.fact, (UNREADABLE,)),)
        spy.post(UPLOAD, "/sync/blob", (("Content-Type", "application/octet-stream"),), Parcel(sealed), data)

    for number, photo in enumerate(stage.owner.photos[:5]):
        moment = stage.day(1, "03:33") + timedelta(hours=10 * number)
        stage.at(moment, lambda photo=photo: send(photo))  # type: ignore[misc]
