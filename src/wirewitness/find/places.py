"""A place on Earth as programs write it: degrees at several precisions, geohash, plus code."""

from __future__ import annotations

import re

Place = tuple[float, float]
"""Latitude and longitude in degrees."""
DECIMALS = (4, 5, 6, 7)
"""Four decimals are eleven metres; fewer name a quarter of a town, not where somebody is."""
GEOHASHES = (8, 9, 10, 11, 12)
"""Characters of a geohash: 8 are 38 by 19 metres."""
_NORTH, _EAST = 90.0, 180.0
_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"
_BASE20 = "23456789CFGHJMPQRVWX"


def parse_place(value: str) -> Place | None:
    """The place that two numbers name, latitude first; None when they name none."""
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", value)]
    match numbers:
        case [north, east] if abs(north) <= _NORTH and abs(east) <= _EAST:
            return north, east
        case _:
            return None


def written_places(place: Place) -> list[tuple[str, str]]:
    """Rounded and cut to each precision, and in millionths and ten-millionths of a degree."""
    pairs = []
    for decimals in DECIMALS:
        rounded = (f"{place[0]:.{decimals}f}", f"{place[1]:.{decimals}f}")
        pairs += [rounded, (_cut(place[0], decimals), _cut(place[1], decimals))]
    pairs += [(str(round(place[0] * scale)), str(round(place[1] * scale))) for scale in (10**6, 10**7)]
    return list(dict.fromkeys(pairs))


def _cut(degrees: float, decimals: int) -> str:
    text = f"{degrees:.12f}"
    return text[: text.index(".") + 1 + decimals]


def geohash(place: Place, length: int) -> str:
    """Geohash (Niemeyer, 2008): halves of longitude and latitude in turn, five bits a character."""
    ranges = [[-_EAST, _EAST], [-_NORTH, _NORTH]]
    values = (place[1], place[0])
    bits = 0
    for number in range(5 * length):
        low, high = ranges[number % 2]
        middle = (low + high) / 2
        upper = values[number % 2] >= middle
        ranges[number % 2][0 if upper else 1] = middle
        bits = bits * 2 + upper
    return "".join(_BASE32[bits >> 5 * at & 31] for at in reversed(range(length)))


def plus_code(place: Place) -> str | None:
    """The Open Location Code of ten digits (14 metres); None at the North Pole, which has no cell."""
    if place[0] >= _NORTH:
        return None
    # In cells of an eight-thousandth of a degree; the small term mends what binary fractions lose.
    latitude = int((place[0] + _NORTH) * 8000 + 1e-6)
    longitude = int((place[1] + _EAST) % 360 * 8000 + 1e-6)
    digits = ""
    for _ in range(5):
        digits = _BASE20[latitude % 20] + _BASE20[longitude % 20] + digits
        latitude //= 20
        longitude //= 20
    return f"{digits[:8]}+{digits[8:]}"
