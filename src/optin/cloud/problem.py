"""A refused request, answered with a problem document (RFC 9457) and no change of state."""

from __future__ import annotations

import json


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """Raised inside the cloud where a request must be refused; becomes the answer."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        """``detail`` is one sentence for whoever wrote the client; it never quotes the request."""
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail

    def encode(self) -> bytes:
        """The body, of type ``application/problem+json``."""
        return json.dumps({"title": self.title, "status": self.status, "detail": self.detail}).encode()
