"""What the TUF repository says of a package beside its hash: for which model and version, for how many.

Stands in the member ``custom`` of a target. A delta (bsdiff4) turns the package of ``base`` into that of
``version``; its result is checked against the hash of the whole package, which is a target of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Release:
    """``base`` is empty for a whole package; ``percent`` of phones may install it now (staged roll-out)."""

    model: str
    version: str
    base: str
    result: str
    percent: int

    def document(self) -> dict[str, object]:
        """The member ``custom``."""
        return {
            "model": self.model,
            "version": self.version,
            "base": self.base,
            "result": self.result,
            "percent": self.percent,
        }

    @classmethod
    def parse(cls, custom: Mapping[str, Any] | None) -> Self:
        """Read it; ValueError for anything else."""
        try:
            row = dict(custom or {})
            percent = int(row["percent"])
            read = cls(str(row["model"]), str(row["version"]), str(row["base"]), str(row["result"]), percent)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("a target does not say what it is") from error
        return read


def order(version: str) -> tuple[int, ...]:
    """Versions in order: numbers with dots."""
    return tuple(int(part) for part in version.split("."))


def is_chosen(version: str, draw: bytes, percent: int) -> bool:
    """Whether this phone is among the first ``percent``: by a number that it drew itself and never tells."""
    place = int.from_bytes(hashlib.sha256(draw + version.encode()).digest()[:8], "big") % 100
    return place < percent
