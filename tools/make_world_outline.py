"""Make the outline of the world's countries that the report draws, from Natural Earth (public domain).

    npm pack world-atlas@2
    pip install pycountry
    python tools/make_world_outline.py world-atlas-2.0.2.tgz src/wirewitness/data/world.json

Outlines are of the scale 1:110 million, in half degrees; a country that this scale leaves out (Singapore,
Hong Kong) has a place, from 1:50 million. By ISO 3166-1 code: an SVG path and a middle in user units of two
a degree, x from 180° W, y from 84° N. Equirectangular: as plain as a map can be, and it measures nothing.
"""

from __future__ import annotations

import itertools
import json
import sys
import tarfile
from pathlib import Path

import pycountry

NORTH, TURN = 84, 720
Ring = list[tuple[int, int]]
_NAMED = {"Kosovo": "XK"}


def main(source: Path, target: Path) -> None:
    """Read the package and write the outlines."""
    with tarfile.open(source) as archive:
        coarse, fine = (
            json.load(archive.extractfile(f"package/countries-{scale}m.json"))  # type: ignore[arg-type]
            for scale in (110, 50)
        )
    drawn = dict(outlines(coarse))
    countries = {
        code: {
            "path": "" if code not in drawn else path_of(drawn[code]),
            "middle": middle_of(drawn.get(code) or rings),
        }
        for code, rings in outlines(fine)
        if code != "AQ"
    }
    document = {"source": "Natural Earth, public domain, by npm world-atlas 2.0.2", "countries": countries}
    target.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")


def outlines(topology: dict) -> list[tuple[str, list[Ring]]]:
    """The rings of each country that has a code, in user units."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round(2 * (x * sx + tx + 180)), round(2 * (NORTH - y * sy - ty))))
        arcs.append(points)
    found = []
    for one in topology["objects"]["countries"]["geometries"]:
        code = code_of(one)
        if code and one.get("arcs"):
            polygons = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
            found.append((code, [joined(ring, arcs) for polygon in polygons for ring in polygon]))
    return found


def code_of(geometry: dict) -> str | None:
    """Two letters, of the three digits that the file has."""
    country = pycountry.countries.get(numeric=geometry.get("id", ""))
    return country.alpha_2 if country else _NAMED.get(geometry["properties"]["name"])


def joined(ring: list[int], arcs: list[Ring]) -> Ring:
    """A ring of its arcs; a negative number means the arc backwards."""
    points: Ring = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += [point for point in arc if not points or point != points[-1]]
    return unrolled(points)


def unrolled(points: Ring) -> Ring:
    """A ring that crosses the date line goes on beyond the edge, instead of back across the whole map."""
    turn, found = 0, points[:1]
    for (before, _), (x, y) in itertools.pairwise(points):
        turn += -TURN if x - before > TURN // 2 else TURN if before - x > TURN // 2 else 0
        found.append((x + turn, y))
    return found


def path_of(rings: list[Ring]) -> str:
    """An SVG path in relative steps."""
    path = ""
    for ring in rings:
        if len(set(ring)) < 3:
            continue
        (x, y), *rest = ring
        path += f"M{x} {y}l"
        steps = []
        for nx, ny in rest[:-1]:
            steps.append(f"{nx - x} {ny - y}")
            x, y = nx, ny
        path += " ".join(steps) + "z"
    return path.replace(" -", "-")


def middle_of(rings: list[Ring]) -> tuple[int, int]:
    """The middle of the largest ring's box."""
    xs, ys = zip(*max(rings, key=spread), strict=True)
    return (min(xs) + max(xs)) // 2 % TURN, (min(ys) + max(ys)) // 2


def spread(ring: Ring) -> int:
    """The area of a ring's box."""
    xs, ys = zip(*ring, strict=True)
    return (max(xs) - min(xs) + 1) * (max(ys) - min(ys) + 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
