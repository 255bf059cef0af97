"""The cloud's log: one JSON line a request, with nothing in it that says who asked.

No address, no header, no body, no name of a chunk or consent: the route's form, the status, sizes and times.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from optin.protocol.moment import render_moment


class Journal:
    """Counts requests and writes lines to ``write``."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self.answers: Counter[tuple[str, str, int]] = Counter()
        self.bytes_in = 0

    def note(  # noqa: PLR0917 - the columns of a line
        self, now: datetime, method: str, route: str, status: int, size: int, seconds: float
    ) -> None:
        """One request was answered."""
        self.answers[method, route, status] += 1
        self.bytes_in += size
        line = {
            "time": render_moment(now.replace(microsecond=0)),
            "method": method,
            "route": route,
            "status": status,
            "bytes_in": size,
            "ms": round(seconds * 1000, 1),
        }
        self._write(json.dumps(line, separators=(",", ":")) + "\n")
