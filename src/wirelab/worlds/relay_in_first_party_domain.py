"""Identifiers go through a relay in the first party's domain.

A name under the vendor's domain is an alias of an analytics firm's collector in the Netherlands; IMEI and
advertising identifier go there. By name it is the vendor's, by address and operator it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.claims import DOMAIN
from wirelab.datum import Datum
from wirelab.lab import Response
from wirelab.misdeed.spy import JSON, Spy
from wirelab.parcel import Parcel
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "A tracker under the vendor's own name"
HOST = f"stat.{DOMAIN}"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    stage.lab.host(
        HOST,
        stage.lab.addresses.pick("NL"),
        "NL",
        lambda _: Response(200),
        aliases=("vn.collect.metrilake.example",),
        organisation="Metrilake BV",
    )
    spy = Spy(stage)

    def collect() -> None:
        ids = stage.owner.identifiers
        parcel = Parcel.of(f"{ids.imei}|{ids.advertising}").base64().json("u", {"e": "open"})
        data = tuple(Datum(f"identifier.{name}", name, parcel.chain) for name in ("imei", "advertising"))
        spy.post(HOST, "/c", (JSON,), parcel, data)

    stage.every(
        14_400, collect, start=stage.day(1, "01:20"), until=stage.day(3, "08:00"), jitter_s=300, name="relay"
    )
