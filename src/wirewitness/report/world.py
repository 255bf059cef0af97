"""The map of the countries in which the addresses are registered that something was sent to.

A map alone misleads: it knows the registry's country of an address, so the page never shows it without the
list beside it. Outlines: data/world.json, made by tools/make_world_outline.py of Natural Earth.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from wirewitness.report.rows import CountrySum

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST, MOST = 4.0, 22.0
"""Radius of a mark in the map's units (720 wide); its area grows with the bytes."""


@dataclass(frozen=True)
class Receiver:
    """A country on the map: its outline ("" where it is too small for one) and a mark in its middle."""

    code: str
    path: str
    x: float
    y: float
    radius: float
    up_bytes: int
    flows: int


@dataclass(frozen=True)
class World:
    """`land`: the outlines of all others in one path; `unplaced`: sums that have no place on the map."""

    land: str
    receivers: tuple[Receiver, ...]
    unplaced: tuple[CountrySum, ...]


def draw_world(sums: Iterable[CountrySum]) -> World | None:
    """The map; None where no country is known, since an empty map would say that nothing was sent."""
    countries = _outlines()
    every = tuple(sums)
    placed = [one for one in every if one.code in countries]
    if not placed:
        return None
    most = max(one.up_bytes for one in placed) or 1
    receivers = tuple(
        Receiver(
            str(one.code),
            countries[one.code]["path"],
            float(countries[one.code]["middle"][0]),
            float(countries[one.code]["middle"][1]),
            round(max(LEAST, MOST * (one.up_bytes / most) ** 0.5), 1),
            one.up_bytes,
            one.flows,
        )
        for one in placed
    )
    met = {one.code for one in placed}
    land = "".join(one["path"] for code, one in countries.items() if code not in met)
    return World(land, receivers, tuple(one for one in every if one.code not in countries))


@cache
def _outlines() -> dict[str | None, Any]:
    text = files("wirewitness").joinpath("data", "world.json").read_text("utf-8")
    outlines: dict[str | None, Any] = json.loads(text)["countries"]
    return outlines
