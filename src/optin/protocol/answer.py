"""What comes back from the cloud.

A software update and recommendations, the stated purpose of the contact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Self

from optin.protocol.canonical import encode_canonical, parse_canonical
from optin.protocol.moment import parse_moment, render_moment
from optin.protocol.signing import check, sign

FRESH = timedelta(days=14)
"""A catalogue older than that is refused: nobody can freeze the phone at an old one."""
_CONTEXT = "optin/catalogue/1"


@dataclass(frozen=True, slots=True)
class SoftwareUpdate:
    """The newest software for a model.

    Version, where to get it, SHA-256 (hex) and size in bytes of the package.
    """

    version: str
    url: str
    sha256: str
    size: int

    def encode(self) -> bytes:
        """JSON object with the one member ``software_update``."""
        return json.dumps({"software_update": asdict(self)}, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what :meth:`encode` wrote. Raises ValueError for anything else."""
        try:
            update = json.loads(data)["software_update"]
            return cls(str(update["version"]), str(update["url"]), str(update["sha256"]), int(update["size"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError("not a software update") from error


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One app of the catalogue: package name, title, category, and a popularity between 0 and 1."""

    package: str
    title: str
    category: str
    popularity: float


def encode_recommendations(catalogue: tuple[Recommendation, ...], now: datetime, seed: bytes) -> bytes:
    """The signed catalogue, the same for every owner, since the phone ranks. Good for :data:`FRESH`."""
    until = now.replace(minute=0, second=0, microsecond=0) + FRESH
    entries = [asdict(entry) for entry in catalogue]
    return encode_canonical(sign({"recommendations": entries, "until": render_moment(until)}, _CONTEXT, seed))


def parse_recommendations(data: bytes, now: datetime, key: bytes) -> tuple[Recommendation, ...]:
    """Read a catalogue that ``key`` signed and that is fresh. Raises ValueError for anything else."""
    document = parse_canonical(data)
    check(document, _CONTEXT, key)
    try:
        until = parse_moment(document["until"])
        catalogue = tuple(
            Recommendation(
                str(row["package"]), str(row["title"]), str(row["category"]), float(row["popularity"])
            )
            for row in document["recommendations"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("not a list of recommendations") from error
    if now >= until:
        raise ValueError("the catalogue is out of date: someone holds back a newer one")
    return catalogue


def rank(catalogue: tuple[Recommendation, ...], minutes: Mapping[str, int]) -> tuple[Recommendation, ...]:
    """The catalogue in the owner's order: what is popular, weighed by the owner's use of its category.

    Done on the phone: the request for the catalogue says nothing about its owner, nor does the order.
    """
    whole = sum(minutes.values()) or 1
    return tuple(
        sorted(
            catalogue,
            key=lambda entry: (
                -entry.popularity * (1 + minutes.get(entry.category, 0) / whole),
                entry.package,
            ),
        )
    )
