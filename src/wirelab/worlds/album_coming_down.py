"""The owner looks at an online album of somebody else's.

Honest, and looks bad: many JPEG images pass between the phone and the vendor's server, but they come down.
They are not the owner's, and nothing goes up but the questions for them.
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.behaviour.browse import BROWSER
from wirelab.lab import Request, Response
from wirelab.owner.photos import draw_scene
from wirelab.vendor.cloud import API
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Somebody else's album, coming down"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    rng = stage.rng("album")
    pictures = []
    for _ in range(8):
        out = io.BytesIO()
        draw_scene(rng, 640, 480).save(out, "JPEG", quality=75)
        pictures.append(out.getvalue())

    def album(request: Request) -> Response:
        number = int(request.target.rpartition("/")[2].partition(".")[0])
        return Response(200, (("Content-Type", "image/jpeg"),), pictures[number % len(pictures)])

    stage.vendor.route("/album/", album)
    for number in range(24):
        moment = stage.day(1, "03:00") + timedelta(minutes=97 * number)
        request = Request("GET", API, f"/album/{number:03}.jpg")
        stage.at(moment, lambda request=request: stage.send(BROWSER, request))  # type: ignore[misc]
