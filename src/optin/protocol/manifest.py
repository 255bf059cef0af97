"""The manifest: which versions of which items a vault holds, in which chunks, under which keys.

Itself sealed under a key that comes from the recovery phrase, in chunks whose names come from it as well, so
that a new phone finds and opens it with the phrase alone. Each has a number; the newest whole one counts, so
that a cut while writing costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

MOST = 100_000
"""Numbers that a new phone looks for."""
_LONGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One chunk of a version: its name at the cloud, and its key."""

    name: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Version:
    """One state of an item: when it was backed up (RFC 3339), its keyed digest, size, and chunks in order."""

    time: str
    digest: str
    size: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that a vault holds of one kind; the higher ``number`` is the newer one."""

    kind: str
    number: int
    items: Mapping[str, list[Version]]

    def encode(self) -> bytes:
        """Compressed JSON."""
        rows = {item: [_row(version) for version in versions] for item, versions in self.items.items()}
        document = {"kind": self.kind, "number": self.number, "items": rows}
        return zlib.compress(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what :meth:`encode` wrote; ValueError for anything else."""
        try:
            stream = zlib.decompressobj()
            text = stream.decompress(data, _LONGEST)
            if stream.unconsumed_tail or not stream.eof:
                raise ValueError("cut or too large")  # noqa: TRY301 - becomes the one sentence below
            document = json.loads(text)
            items = {item: [_version(row) for row in rows] for item, rows in document["items"].items()}
            return cls(str(document["kind"]), int(document["number"]), items)
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a manifest of a backup") from error


def name_manifest(key: bytes, kind: str, number: int, part: int) -> str:
    """Name of a chunk of a manifest."""
    return hashlib.blake2b(f"{kind}/{number}/{part}".encode(), key=key, digest_size=32).hexdigest()


def derive_chunk(key: bytes, name: str) -> bytes:
    """Key of the chunk of a manifest of that name."""
    return hashlib.blake2b(name.encode(), key=key, digest_size=32).digest()


def encode_versions(versions: Iterable[Version]) -> bytes:
    """Versions as JSON, for the phone's own storage."""
    return json.dumps([_row(version) for version in versions]).encode()


def parse_versions(data: bytes) -> list[Version]:
    """Inverse of :func:`encode_versions`."""
    return [_version(row) for row in json.loads(data)]


def _row(version: Version) -> list[object]:
    parts = [[part.name, part.key.hex()] for part in version.parts]
    return [version.time, version.digest, version.size, parts]


def _version(row: list[object]) -> Version:
    time, digest, size, parts = row
    if not isinstance(parts, list) or not isinstance(size, int):
        raise ValueError("not a version of a backup")  # noqa: TRY004 - hostile input has one kind
    return Version(str(time), str(digest), size, tuple(Part(str(n), bytes.fromhex(k)) for n, k in parts))
