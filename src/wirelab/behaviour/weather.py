"""The weather on the home screen: every three hours a query with the position of home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.lab import App, Request, Response

if TYPE_CHECKING:
    from wirelab.stage import Stage

WEATHER = App("com.skytile.weather", 10045, "SkyTile/1.9")
WEATHER_HOST = "api.skytile.example"


def show_weather(stage: Stage) -> None:
    """Plan the queries."""
    lab, home = stage.lab, stage.owner.places[0]
    lab.host(
        WEATHER_HOST,
        lab.addresses.pick("DE"),
        "DE",
        lambda _: Response(200, (("Content-Type", "application/json"),), b'{"t":28.4,"sky":"rain"}'),
    )
    target = f"/tile?ll={home.text}&units=metric"
    data = (Datum("location", "place:home", ("query",), "target"),)
    request = Request("GET", WEATHER_HOST, target)
    stage.every(
        10_800,
        lambda: stage.doze.soon(lambda: stage.send(WEATHER, request, data)),
        start=stage.day(0, "00:20"),
        jitter_s=120,
        name="weather",
    )
