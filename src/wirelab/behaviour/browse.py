"""Reading the news in the browser.

A page, a style sheet, two pictures, over HTTP/2; the pictures come down.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from wirelab.behaviour.day import waking_moments
from wirelab.lab import App, Request, Response
from wirelab.owner.photos import draw_scene

if TYPE_CHECKING:
    from wirelab.stage import Stage

BROWSER = App(
    "com.android.browser",
    10021,
    "Mozilla/5.0 (Linux; Android 4.4.2; VN-2014) AppleWebKit/537.36 Chrome/36.0.1985.128 Mobile",
)
PAGE_HOST, PICTURE_HOST = "www.dailyreader.example", "img.pixelriver.example"
_EACH_DAY = 6


def browse(stage: Stage) -> None:
    """Plan some pages a day."""
    lab, rng = stage.lab, stage.rng("browse")
    out = io.BytesIO()
    draw_scene(rng, 320, 240).save(out, "JPEG", quality=70)
    picture = out.getvalue()
    words = [f"w{rng.randrange(3000)}" for _ in range(2000)]
    page = ("<html><body><p>" + " ".join(words) + "</p></body></html>").encode()

    def pages(request: Request) -> Response:
        if request.target.startswith("/style"):
            return Response(200, (("Content-Type", "text/css"),), b"p { margin: 1em }\n" * 40)
        return Response(200, (("Content-Type", "text/html; charset=utf-8"),), page)

    lab.host(PAGE_HOST, lab.addresses.pick("US", "cdn"), "US", pages, alpn=("h2", "http/1.1"))
    lab.host(
        PICTURE_HOST,
        lab.addresses.pick("US", "cdn"),
        "US",
        lambda _: Response(200, (("Content-Type", "image/jpeg"),), picture),
        alpn=("h2", "http/1.1"),
    )
    for number, moment in enumerate(waking_moments(stage, "browse", _EACH_DAY)):
        stage.at(moment, lambda number=number: _read(stage, number))  # type: ignore[misc]


def _read(stage: Stage, number: int) -> None:
    def then(_: object) -> None:
        stage.send(BROWSER, Request("GET", PAGE_HOST, "/style/1.css"))
        for index in range(2):
            stage.send(BROWSER, Request("GET", PICTURE_HOST, f"/p/{number:04}-{index}.jpg"))

    stage.send(BROWSER, Request("GET", PAGE_HOST, f"/news/{number:05}"), then=then)
