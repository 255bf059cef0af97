"""The cloud's signed word that it deleted what lay under a consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from optin.protocol.moment import parse_moment, render_moment
from optin.protocol.signing import check, sign

_CONTEXT = "optin/erasure/1"


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """How many chunks, bytes of chunks and reports were deleted, under which consent, when."""

    consent: str
    chunks: int
    size: int
    reports: int
    time: datetime

    def render(self, seed: bytes) -> dict[str, object]:
        """The signed JSON object."""
        return sign(
            {
                "consent": self.consent,
                "chunks": self.chunks,
                "bytes": self.size,
                "reports": self.reports,
                "time": render_moment(self.time),
            },
            _CONTEXT,
            seed,
        )

    @classmethod
    def parse(cls, document: object, key: bytes) -> Self:
        """Read a receipt that ``key`` signed; ValueError otherwise."""
        if not isinstance(document, Mapping):
            raise ValueError("a receipt is a JSON object")  # noqa: TRY004 - hostile input has one kind
        check(document, _CONTEXT, key)
        try:
            return cls(
                str(document["consent"]),
                int(document["chunks"]),
                int(document["bytes"]),
                int(document["reports"]),
                parse_moment(document["time"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("a receipt lacks a member") from error
