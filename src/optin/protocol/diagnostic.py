"""The diagnostic report: sent by the owner's own act, and the one report that carries an identifier.

It names the phone, so that support can answer its owner; therefore it needs a consent that names the
identifier.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

LONGEST = 256 * 1024
"""Bound on the unpacked report; a larger one is refused unread."""


@dataclass(frozen=True, slots=True)
class DiagnosticReport:
    """``serial`` is the identifier agreed to; ``readings`` are small facts about the hardware."""

    serial: str
    model: str
    build: str
    readings: Mapping[str, int]

    def encode(self) -> bytes:
        """Gzip'd JSON (for ``Content-Encoding: gzip``). The same report gives the same bytes."""
        report = {
            "serial": self.serial,
            "model": self.model,
            "build": self.build,
            "readings": dict(self.readings),
        }
        return gzip.compress(
            json.dumps({"diagnostic_report": report}, separators=(",", ":")).encode(), mtime=0
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what :meth:`encode` wrote. Raises ValueError with one sentence for anything else."""
        try:
            report = json.loads(_unpacked(data))["diagnostic_report"]
            readings = {str(name): int(value) for name, value in report["readings"].items()}
            return cls(str(report["serial"]), str(report["model"]), str(report["build"]), readings)
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a diagnostic report") from error


def _unpacked(data: bytes) -> bytes:

    with gzip.open(io.BytesIO(data)) as stream:
        unpacked = stream.read(LONGEST + 1)
    if len(unpacked) > LONGEST:
        raise ValueError("the report is larger than a report may be")
    return unpacked
