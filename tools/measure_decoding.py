"""How well nested encodings are opened, and what each codec is worth: figures of docs/method/finding.md.

pip install --requirement tools/encodings.txt
python tools/measure_decoding.py            writes the tables (a few minutes)

The libraries are needed for this only. Facts are hidden in one to six encodings, drawn from all that can hold
one another; then one codec after the other is left out.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from clopper_pearson import lower_bound, upper_bound
from figures_block import METHOD, put_figures
from nested_encodings import BYTES, TEXTS, wrap

from wirewitness._core import find_in

SEED = 20140718
PER_DEPTH = 2_000
FACTS = (
    "490154203237518",
    "ada.lovelace@example.org",
    'I will be late \u2013 don\'t wait, caf\u00e9 "Nord"',
    "+33 6 12 34 56 78",
    "02:1a:3b:4c:5d:6e",
)
WANTED = {1: 0.995, 2: 0.995, 3: 0.995, 4: 0.97, 5: 0.97, 6: 0.97}
NAMES = [*BYTES, *TEXTS]
_ALPHA = 0.025
"""Each side of an interval of 95 %."""


def main() -> None:
    """Measures and writes; exit status 1 when a depth's recall is below what is wanted."""
    bodies = [body for depth in WANTED for body in make_bodies(depth, PER_DEPTH)]
    found = [is_found(body, ways) for body, ways in zip(bodies, look(bodies), strict=True)]
    text = by_depth(bodies, found) + left_out(bodies, found)
    put_figures(METHOD / "finding.md", "tools/measure_decoding.py", text)
    short = [d for d, (hits, runs) in shares(bodies, found).items() if hits / runs < WANTED[d]]
    if missed := Counter(
        way for body, seen in zip(bodies, found, strict=True) if not seen for way in body.ways
    ):
        print("in what was missed:", ", ".join(f"{name} {count}" for name, count in missed.most_common(12)))
    if short:
        raise SystemExit(f"less than wanted at depth {', '.join(map(str, short))}")


class Body:
    """A message with one fact in it, and the encodings around that, outermost first."""

    def __init__(self, random: Random, depth: int) -> None:
        self.fact = random.randrange(len(FACTS))
        self.depth = depth
        self.ways: list[str] = []
        self.data = FACTS[self.fact].encode()
        for _ in range(depth):
            name, self.data = wrap(random, self.data, NAMES)
            self.ways.insert(0, name)


def make_bodies(depth: int, count: int) -> list[Body]:
    """So many messages of that depth, the same each time."""
    random = Random(SEED + depth)  # noqa: S311 - the same bodies every time
    return [Body(random, depth) for _ in range(count)]


def look(bodies: list[Body], left_out: str | None = None) -> list[list[tuple[int, list[str]]]]:
    """What the core finds in each."""
    return find_in([body.data for body in bodies], [fact.encode() for fact in FACTS], left_out)


def is_found(body: Body, hits: list[tuple[int, list[str]]]) -> bool:
    """The fact that is in it; another would be a false finding."""
    if wrong := [hit for hit in hits if hit[0] != body.fact]:
        raise SystemExit(f"found what is not there: {wrong} in {body.ways}")
    return bool(hits)


def shares(bodies: list[Body], found: list[bool]) -> dict[int, tuple[int, int]]:
    """Found and all, by depth."""
    return {
        depth: (
            sum(seen for body, seen in zip(bodies, found, strict=True) if body.depth == depth),
            sum(body.depth == depth for body in bodies),
        )
        for depth in WANTED
    }


def by_depth(bodies: list[Body], found: list[bool]) -> str:
    """The table of recall."""
    lines = ["| encodings, one in another | found | recall, 95 % interval | wanted |", "|--:|--:|--:|--:|"]
    for depth, (hits, runs) in shares(bodies, found).items():
        low, high = lower_bound(hits, runs, _ALPHA), upper_bound(hits, runs, _ALPHA)
        lines.append(f"| {depth} | {hits:,} of {runs:,} | {low:.4f} to {high:.4f} | {WANTED[depth]} |")
    return "\n".join(lines) + "\n\n"


def left_out(bodies: list[Body], found: list[bool]) -> str:
    """The table of what is found without each codec, in the bodies that have it and in the others."""
    lines = [
        "| left out | bodies with it | found without it | other bodies | found in them |",
        "|---|--:|--:|--:|--:|",
    ]
    for name in NAMES:
        seen = [is_found(body, hits) for body, hits in zip(bodies, look(bodies, name), strict=True)]
        rows = {True: [0, 0], False: [0, 0]}
        for body, before, now in zip(bodies, found, seen, strict=True):
            if before:
                rows[name in body.ways][0] += 1
                rows[name in body.ways][1] += now
        (inside, still), (others, kept) = rows[True], rows[False]
        found_in = (f"{still / max(inside, 1):.1%}", f"{kept / max(others, 1):.1%}")
        lines.append(f"| `{name}` | {inside:,} | {found_in[0]} | {others:,} | {found_in[1]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
