"""The nouns that pass between a world and the machinery: what is asked, answered, sent, refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class App:
    """A program on the phone: package name, Android uid, and the User-Agent that it sends (or none)."""

    name: str
    uid: int = 10100
    user_agent: str = ""


@dataclass(frozen=True)
class Request:
    """An HTTP request. Host, Content-Length and User-Agent are added where missing."""

    method: str
    host: str
    target: str = "/"
    headers: Headers = ()
    body: bytes = b""
    scheme: str = "https"
    port: int | None = None

    @property
    def port_number(self) -> int:
        """The port, from the scheme when none is given."""
        return self.port if self.port is not None else (443 if self.scheme == "https" else 80)

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or None."""
        return find_header(self.headers, name)


@dataclass(frozen=True)
class Response:
    """An HTTP response, given `delay_s` seconds after the whole request arrived."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    delay_s: float = 0.02

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or None."""
        return find_header(self.headers, name)


Service: TypeAlias = Callable[[Request], Response]
"""A cloud: answers a request. It is called in virtual time and must not block."""


@dataclass(frozen=True)
class Seen:
    """How one recorder saw a message: its own flow id (vantages differ), ordinal, first byte's time."""

    recorder: str
    flow: str
    ordinal: int
    time_ns: int
    whole: bool
    readable: bool


@dataclass(frozen=True)
class Sent:
    """Something that left the phone.

    `flow`, `ordinal` and `time_ns` are those of the first recorder that covers the network, in its
    file's ticks (classic pcap knows microseconds only); without one, flow is empty and the time the phone's.
    """

    time_ns: int
    flow: str
    ordinal: int
    stream: int
    number: int
    protocol: str
    host: str
    address: str
    port: int
    country: str
    network: str
    app: App
    pinned: bool
    captured: bool
    readable: bool
    complete: bool
    seen: tuple[Seen, ...]
    request: Request | None = None
    payload: bytes = field(default=b"", repr=False)
    mark: object = None


@dataclass(frozen=True)
class Attempt:
    """A connection that the app itself gave up: its interception was refused, nothing was sent."""

    time_ns: int
    flow: str
    ordinal: int
    host: str
    address: str
    country: str
    network: str
    app: App
    how: str


@dataclass(frozen=True)
class Exchange:
    """A request, its answer, and the record of the sending."""

    request: Request
    response: Response
    sent: Sent


@dataclass(frozen=True)
class Failure:
    """Why a request has no answer: "offline", "no_such_name", "network_lost", "refused" or "closed"."""

    kind: str
    request: Request


def find_header(headers: Headers, name: str) -> str | None:
    """The first header of that name, in any case, or None."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
