"""A weather tile beats every ten minutes.

Honest, and looks bad: a home-screen tile of another firm, whose servers stand in mainland China, is fetched
every ten minutes, day and night, also after the vendor's software was removed. It carries a city's number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.lab import App, Request, Response
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "A weather tile that beats like a spy"
TILE = App("com.skymap.tile", 10071, "SkymapTile/3")
TILE_HOST = "tile.skymap-weather.example"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    stage.lab.host(
        TILE_HOST,
        stage.lab.addresses.pick("CN"),
        "CN",
        lambda _: Response(200, (("Content-Type", "application/json"),), b'{"t":31}'),
        organisation="Skymap Weather",
    )
    stage.every(
        600,
        lambda: stage.send(TILE, Request("GET", TILE_HOST, "/tile?city=101010100")),
        start=stage.day(0, "00:03"),
        jitter_s=5,
        name="tile",
    )
    stage.beat(TILE_HOST, "contact", 600, 5, start=stage.day(0), until=stage.end)
