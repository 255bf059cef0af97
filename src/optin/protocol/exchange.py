"""One HTTP exchange as values: what the agent wants sent, what the cloud answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request to ``https://host`` + ``path`` (path with query, as sent).

    The body is complete, never streamed.
    """

    method: str
    host: str
    path: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Value of the first header of that name in any case, or None."""
        return _first(self.headers, name)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Value of the first header of that name in any case, or None."""
        return _first(self.headers, name)

    @property
    def accepted(self) -> bool:
        """True for a status of the 200 family."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body read as JSON; ValueError when it is none."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("the answer is nested too deeply") from error

    @property
    def detail(self) -> str:
        """Why it was refused: the detail of the problem document, in one printable line; else the status."""
        try:
            told = str(self.json()["detail"])[:300]
        except (ValueError, KeyError, TypeError):
            return f"status {self.status}"
        return "".join(each if each.isprintable() else " " for each in told)


def _first(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
