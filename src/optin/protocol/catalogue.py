"""The catalogue of recommended apps: one for all owners, signed by the cloud, ranked on the phone.

It holds apps with their noised popularity, and co-preference: which categories are liked together, more or
less than by chance (``lift``). Ranking needs the owner's counts and happens where they are; the request for
the catalogue says nothing about its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Self

from optin.protocol.canonical import encode_canonical, parse_canonical
from optin.protocol.moment import parse_moment, render_moment
from optin.protocol.preference import CATEGORIES
from optin.protocol.signing import check, sign

FRESH = timedelta(days=14)
"""A catalogue older than that is refused: nobody can freeze the phone at an old one."""
MOST_LIFT = 4.0
"""Liked together four times as often as by chance is told as that, and a quarter as often likewise."""
_CONTEXT = "optin/catalogue/1"
_MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One app of the catalogue: package name, title, category, and a popularity between 0 and 1."""

    package: str
    title: str
    category: str
    popularity: float

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Self:
        """Of a JSON object; KeyError, TypeError or ValueError for anything else."""
        return cls(
            str(row["package"]), str(row["title"]), str(row["category"]), _within(row["popularity"], 1)
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """What the catalogue's figures rest on.

    The week, how many reports, the noise's loss in that week and in all; for each category the share of
    phones with its 95 % margin.
    """

    week: str
    reports: int
    epsilon: float
    spent: float
    shares: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``together``: lift of pairs of categories where it is known to differ from 1."""

    entries: tuple[Recommendation, ...]
    together: Mapping[tuple[str, str], float] = field(default_factory=dict)
    figures: Figures | None = None

    def encode(self, now: datetime, seed: bytes) -> bytes:
        """Signed, in canonical JSON; the same bytes for everybody within an hour. Good for :data:`FRESH`."""
        until = now.replace(minute=0, second=0, microsecond=0) + FRESH
        document: dict[str, object] = {
            "recommendations": [asdict(entry) for entry in self.entries],
            "together": [[*pair, lift] for pair, lift in sorted(self.together.items())],
            "figures": None if self.figures is None else _figures(self.figures),
            "until": render_moment(until),
        }
        return encode_canonical(sign(document, _CONTEXT, seed))

    @classmethod
    def parse(cls, data: bytes, now: datetime, key: bytes) -> Self:
        """Read a catalogue that ``key`` signed and that is fresh. Raises ValueError for anything else."""
        document = parse_canonical(data)
        check(document, _CONTEXT, key)
        try:
            until = parse_moment(document["until"])
            entries = tuple(map(Recommendation.parse, islice(document["recommendations"], _MOST_ENTRIES)))
            together = {
                (str(first), str(second)): _within(lift, MOST_LIFT)
                for first, second, lift in document["together"]
                if first in CATEGORIES and second in CATEGORIES
            }
            figures = None if document["figures"] is None else _parse_figures(document["figures"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError("not a list of recommendations") from error
        if now >= until:
            raise ValueError("the catalogue is out of date: someone holds back a newer one")
        return cls(entries, together, figures)

    def lift(self, first: str, second: str) -> float:
        """How much more often than by chance the two categories are liked together; 1 where unknown."""
        return self.together.get((first, second), self.together.get((second, first), 1.0))


@dataclass(frozen=True, slots=True)
class Ranked:
    """An app in the owner's order. ``because``: the category whose use by the owner speaks most for it."""

    entry: Recommendation
    because: str


def rank(catalogue: Catalogue, minutes: Mapping[str, int]) -> tuple[Ranked, ...]:
    """The catalogue in the owner's order: popularity, weighed by the owner's use of its category.

    Use of another category counts by the lift of the two. Done on the phone: the request for the catalogue
    says nothing about its owner, nor does the order.
    """
    whole = sum(minutes.get(category, 0) for category in CATEGORIES) or 1
    own = {category: minutes.get(category, 0) / whole for category in CATEGORIES}

    def weigh(category: str) -> tuple[float, str]:
        parts = {
            used: share if used == category else share * (catalogue.lift(used, category) - 1)
            for used, share in own.items()
        }
        most = max(parts, key=lambda used: (parts[used], used))
        return max(0.1, 1 + sum(parts.values())), most if parts[most] > 0 else ""

    weights = {entry.category: weigh(entry.category) for entry in catalogue.entries}
    ordered = sorted(
        catalogue.entries, key=lambda entry: (-entry.popularity * weights[entry.category][0], entry.package)
    )
    return tuple(Ranked(entry, weights[entry.category][1]) for entry in ordered)


def _figures(figures: Figures) -> dict[str, Any]:
    return {**asdict(figures), "shares": {name: list(share) for name, share in figures.shares.items()}}


def _parse_figures(row: Mapping[str, Any]) -> Figures:
    shares = {str(name): (float(share), float(margin)) for name, (share, margin) in row["shares"].items()}
    return Figures(str(row["week"]), int(row["reports"]), float(row["epsilon"]), float(row["spent"]), shares)


def _within(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError("a number of the catalogue is out of its bounds")
    return float(value)
