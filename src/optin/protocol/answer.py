"""What comes back from the cloud.

A software update and recommendations, the stated purpose of the contact.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


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


def encode_recommendations(catalogue: tuple[Recommendation, ...]) -> bytes:
    """JSON object with the one member ``recommendations``.

    The same for every owner, since the phone ranks.
    """
    return json.dumps(
        {"recommendations": [asdict(entry) for entry in catalogue]}, separators=(",", ":")
    ).encode()


def parse_recommendations(data: bytes) -> tuple[Recommendation, ...]:
    """Read what :func:`encode_recommendations` wrote. Raises ValueError for anything else."""
    try:
        return tuple(
            Recommendation(
                str(row["package"]), str(row["title"]), str(row["category"]), float(row["popularity"])
            )
            for row in json.loads(data)["recommendations"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("not a list of recommendations") from error
