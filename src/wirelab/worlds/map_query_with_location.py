"""The owner asks a map for the way.

Honest, and looks bad: the map of another firm gets the position of work and of the park in its query, a
dozen times, because the owner asked it for the way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.lab import App, Request, Response
from wirelab.owner.places import Place
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "A map that was asked where one is"
MAP = App("com.mapnest.android", 10047, "MapNest/6.2 (Android)")
MAP_HOST = "route.mapnest.example"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    stage.lab.host(
        MAP_HOST, stage.lab.addresses.pick("FR"), "FR", lambda _: Response(200, (), b'{"route":[]}')
    )
    stage.consent(
        "map-1", ("location",), (MAP_HOST,), purpose="finding the way", start=stage.day(0), until=stage.end
    )

    def ask(place: Place) -> None:
        stage.diary.act("ask the map for the way", "", "owner")
        target = f"/route?lat={place.latitude:.6f}&lon={place.longitude:.6f}&mode=foot"
        data = (Datum("location", f"place:{place.label}", ("query",), "target"),)
        stage.send(MAP, Request("GET", MAP_HOST, target), data)

    for number in range(12):
        moment = stage.day(1, "00:40") + timedelta(hours=5 * number)
        place = stage.owner.places[1 + number % 2]
        stage.at(moment, lambda place=place: ask(place))  # type: ignore[misc]
