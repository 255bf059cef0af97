"""What is about to leave, or has left: one request with the consent that lets it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from optin.protocol.exchange import Request
from optin.protocol.moment import parse_moment, render_moment


@dataclass(frozen=True, slots=True)
class Upload:
    """A request that passed the gate.

    ``data`` are the kinds it carries, the main one first; ``chunks`` the sealed pieces in it.

    ``item`` names the queued thing it came from, such as ``photo:IMG_1.jpg``; empty for reports.
    """

    request: Request
    purpose: str
    data: tuple[str, ...]
    consent: str
    chunks: tuple[str, ...] = ()
    item: str = ""
    whole: int = 0
    """Size of the whole chunk, of which the request may carry only the end."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The note kept of an upload that the cloud took.

    What, when, where, how many bytes, under which consent.
    """

    time: datetime
    host: str
    path: str
    kind: str
    size: int
    consent: str
    chunks: tuple[str, ...]

    @classmethod
    def of(cls, upload: Upload, time: datetime) -> Self:
        """The note of an upload that carried data and was taken at ``time``."""
        request = upload.request
        return cls(
            time,
            request.host,
            request.path,
            upload.data[0],
            len(request.body),
            upload.consent,
            upload.chunks,
        )

    def document(self) -> dict[str, object]:
        """JSON object as in the audit export."""
        return {
            "time": render_moment(self.time),
            "host": self.host,
            "path": self.path,
            "kind": self.kind,
            "bytes": self.size,
            "consent": self.consent,
            "chunks": list(self.chunks),
        }

    def encode(self) -> bytes:
        """The document as JSON in UTF-8."""
        return json.dumps(self.document(), separators=(",", ":")).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what :meth:`encode` wrote into our own storage."""
        row = json.loads(data)
        return cls(
            parse_moment(row["time"]),
            row["host"],
            row["path"],
            row["kind"],
            row["bytes"],
            row["consent"],
            tuple(row["chunks"]),
        )
