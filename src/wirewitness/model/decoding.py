"""What the pipeline asks of `wirewitness.decode`: a protocol, so that tests can put tables in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from wirewitness.model.instant import Instant
from wirewitness.model.needle import Needles
from wirewitness.model.telling import Lack, Source

TABLES = ("flow", "message", "hit", "media", "name", "volume", "tried", "token", "anomaly")
SCHEMA_VERSION = 8

Progress: TypeAlias = Callable[[str, int, int], None]
"""`progress(stage, done, total)`; both in bytes, or 0 where unknown."""


@dataclass(frozen=True)
class CaptureInfo:
    """What one reading of a capture says of it before it is decoded.

    `phone_addresses` and `phone_how` are the core's guess; `secrets` says that the file brings TLS secrets
    itself.
    """

    path: Path
    sha256: str
    packets: int
    bytes: int
    first: Instant | None
    last: Instant | None
    dropped: int | None
    secrets: bool
    inner: object = field(default=None, repr=False, compare=False)
    source: Source | None = field(default=None, repr=False, compare=False)
    """The importer, when the file is no packet capture; `packets` are then its records."""
    links: tuple[int, ...] = ()
    """Link types of the packets."""
    ran: tuple[tuple[Instant, Instant], ...] = ()
    """Spans in which the recorder's interface statistics say that it was recording."""
    filtered: bool = False
    """Recorded with a filter that may have left out traffic of the phone."""
    parts: tuple[CaptureInfo, ...] = ()
    """The files of a rotated capture in time order; empty where it is one file."""

    @property
    def files(self) -> tuple[CaptureInfo, ...]:
        """Its files in time order: itself, where it is one."""
        return self.parts or (self,)

    @property
    def kind(self) -> str:
        """The importer's name, or "packets"."""
        return "packets" if self.source is None else self.source.info.kind

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """What a source of this kind cannot know."""
        return () if self.source is None else self.source.info.lacks

    @property
    def whole(self) -> bool:
        """Whether it sees all connections of the phone, also those that it cannot read."""
        return Lack.OTHER_TRAFFIC not in self.lacks and not self.filtered


@dataclass(frozen=True)
class PhoneGuess:
    """Whom the core takes for the phone, and how it chose."""

    addresses: tuple[str, ...]
    macs: tuple[str, ...]
    how: str


@dataclass(frozen=True)
class DecodeRequest:
    """Captures in the order in which their index counts, and all that is needed to read them."""

    captures: tuple[CaptureInfo, ...]
    keylogs: tuple[bytes, ...] = field(default=(), repr=False)
    keylog_names: tuple[str, ...] = ()
    """What the key logs are called where a line of one is told of."""
    phone_addresses: tuple[str, ...] = ()
    phone_macs: tuple[str, ...] = ()
    needles: Needles = field(default_factory=Needles)
    chunk_keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    windows: Path | None = None
    """The folder for the bytes around hits and images, row by row as in their tables; None: dropped."""


class Decoder(Protocol):
    """`prescan` reads a capture once; `decode_captures` writes `tables_dir/{flow,message,...}.parquet`."""

    def prescan(self, path: Path) -> CaptureInfo:
        """Raises `InputError` with one sentence when the file is no capture or cannot be read."""
        ...

    def choose_phone(self, infos: Sequence[CaptureInfo]) -> PhoneGuess:
        """The phone by the rule of the dominant initiator, over all captures."""
        ...

    def decode_captures(self, request: DecodeRequest, tables_dir: Path, progress: Progress) -> None:
        """Writes every table of `TABLES`, also empty ones, with the columns of the core's record.rs."""
        ...
