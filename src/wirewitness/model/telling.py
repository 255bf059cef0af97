"""What an importer tells of a file that is no packet capture: flows, messages, names, what it skipped.

An importer (`wirewitness.sources`) yields these in the order of its file; `decode` passes them to the core,
which makes the same tables of them as of packets. Texts are "" and numbers 0 where the source does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias

from wirewitness.model.instant import Instant


class Lack(StrEnum):
    """What a kind of source cannot know; said in the result, and counted by the coverage."""

    BODIES = "bodies"
    HEADERS = "headers"
    SIZES = "sizes"
    ADDRESSES = "addresses"
    ATTEMPTS = "attempts"
    OTHER_TRAFFIC = "other_traffic"


@dataclass(frozen=True)
class ToldFlow:
    """A conversation. `key` is the importer's own handle, unique in its source.

    `sent`: application bytes by (client, server) where the source counts them; what no message brings of
    them stays unread. `unread`: "not_recorded", or "size_unknown" when it does not count at all, or ""
    when nothing stays unread beyond what the messages say.
    """

    key: int
    id: str
    first_ns: int
    last_ns: int
    host: str = ""
    client: str = ""
    client_port: int = 0
    server: str = ""
    server_port: int = 0
    ip_proto: int = 6
    packets: tuple[int, int] = (0, 0)
    sent: tuple[int, int] = (0, 0)
    unread: str = ""
    state: str = "established"
    protocol: str = ""
    sni: str = ""
    alpn: str = ""
    tls_version: str = ""
    cipher: str = ""
    ja4: str = ""
    cert_subject: str = ""
    cert_issuer: str = ""
    cert_names: str = ""
    alert: str = ""
    client_mac: str = ""
    app: str = ""


@dataclass(frozen=True)
class ToldMessage:
    """A whole message of the flow `key`. A request has a method, a response a status; a frame has neither.

    `missing`: bytes that the source counts and does not hold. `root` says where the message stands in its
    file: a JSON pointer, or "byte N", or "line N"; `offset` is the byte (of a log: the line) of its record.
    """

    key: int
    number: int
    from_client: bool
    time_ns: int
    end_ns: int
    protocol: str
    scheme: str = ""
    host: str = ""
    method: str = ""
    target: bytes = b""
    status: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()
    body: bytes = field(default=b"", repr=False)
    missing: int = 0
    complete: bool = True
    offset: int = 0
    stream: int = 0
    root: str = ""


@dataclass(frozen=True)
class ToldName:
    """A DNS question, or one of its answers."""

    time_ns: int
    question: str
    qtype: str = ""
    flow: str = ""
    name: str = ""
    rtype: str = ""
    value: str = ""
    ttl: int = 0
    rcode: int = 0
    answered: bool = False
    app: str = ""


@dataclass(frozen=True)
class Skipped:
    """A record that could not be read: its line (or byte), and in a sentence what was expected."""

    offset: int
    expected: str


@dataclass(frozen=True)
class FlowEnd:
    """Nothing more of the flow `key` follows."""

    key: int


Told: TypeAlias = ToldFlow | ToldMessage | ToldName | Skipped | FlowEnd


@dataclass(frozen=True)
class SourceInfo:
    """What one reading of a source says before it is decoded.

    `kind`: the importer's name ("har", "mitmproxy", ...). `clients`: how many conversations each
    address opened, for choosing the phone.
    """

    path: Path
    kind: str
    sha256: str
    bytes: int
    records: int
    first: Instant | None
    last: Instant | None
    lacks: tuple[Lack, ...]
    clients: tuple[tuple[str, int], ...] = ()


class Source(Protocol):
    """One file (or folder of logs) of a known kind."""

    @property
    def info(self) -> SourceInfo:
        """What the file is; `InputError` when nothing of it can be read."""
        ...

    @property
    def sha256(self) -> str:
        """SHA-256 of the file as stored; of a folder, over the names and hashes of its logs."""
        ...

    def tell(self) -> Iterator[Told]:
        """Everything in it, in its order; raises `InputError` only when the file can no longer be opened."""
        ...
