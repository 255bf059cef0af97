"""Photos go to a third party's cloud in another country.

The vendor's own hosts see nothing but what the vendor explained. The photos go to a bucket of a storage
firm in the United States, under that firm's name. A thirteenth claim (X1) asks about that firm.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.lab import Request, Response
from wirelab.misdeed.spy import APP
from wirelab.owner.photos import Photo
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "To somebody else's cloud, in another country"
HOST = "vn-prod-7.stashhub.example"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    stage.lab.host(
        HOST, stage.lab.addresses.pick("US"), "US", lambda _: Response(200), organisation="Stashhub Inc"
    )
    for number, photo in enumerate(stage.owner.photos[:6]):
        moment = stage.day(1, "03:33") + timedelta(hours=9 * number)
        stage.at(moment, lambda photo=photo: put(stage, photo))  # type: ignore[misc]
    first = stage.claims[0]
    text = {
        "en": "The phone sends photos to a storage firm's servers.",
        "fr": "Le téléphone envoie des photos aux serveurs d'une société de stockage.",
        "zh": "手机会把照片发送到一家存储公司的服务器。",
    }
    stage.claims += (
        replace(first, id="X1", hosts=("*.stashhub.example",), countries=(), controls=(), text=text),
    )


def put(stage: Stage, photo: Photo) -> None:
    """Put a photo into the bucket."""
    headers = (("Content-Type", "binary/octet-stream"),)
    request = Request("PUT", HOST, f"/o/{len(photo.data):08x}", headers, photo.data)
    stage.send(APP, request, (Datum("photo", photo.fact, ()),))
