"""A request as the routes see it, and their answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from optin.protocol.exchange import Headers


@dataclass(frozen=True, slots=True)
class Question:
    """A request with its time and host. ``cut``: the connection ended before the body did."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, media type, body and further headers of an answer."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Headers = field(default=())

    @classmethod
    def of(cls, document: Mapping[str, object], status: int = 200, headers: Headers = ()) -> Answer:
        """An answer in JSON, its members sorted, so that equal answers are equal bytes."""
        body = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        return cls(status, body, headers=headers)
