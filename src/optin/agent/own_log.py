"""The phone's own consent log: the same entries and hashes as the cloud's (RFC 6962), kept by the owner.

An entry is a signed record, byte for byte what the cloud is shown: once when it is given, once more when it
ends. Entries are appended and never changed; each bears its place in the name that it is stored under.
"""

from __future__ import annotations

from dataclasses import dataclass

from optin.agent.chest import Chest
from optin.ledger import merkle


@dataclass(frozen=True, slots=True)
class OwnHead:
    """``size`` entries hashed to ``root``."""

    size: int
    root: bytes


class OwnLog:
    """The log of one phone. Survives a crash at any point: what counts is the size, written last."""

    def __init__(self, chest: Chest) -> None:
        self._chest = chest

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(self._chest.log_value("size") or b"0")

    def append(self, entry: bytes) -> int:
        """Add an entry; its position."""
        position = self.size
        self._chest.keep_log_value(f"entry/{position:08}", entry)
        merkle.append(self, position, merkle.hash_leaf(entry))
        self._chest.keep_log_value("size", str(position + 1).encode())
        return position

    def entries(self) -> list[bytes]:
        """Every entry, oldest first. KeyError when one is missing."""
        found = []
        for position in range(self.size):
            entry = self._chest.log_value(f"entry/{position:08}")
            if entry is None:
                raise KeyError(position)
            found.append(entry)
        return found

    def last(self) -> bytes | None:
        """The newest entry, or None."""
        size = self.size
        return self._chest.log_value(f"entry/{size - 1:08}") if size else None

    def head(self) -> OwnHead:
        """The head over all entries, from the hashes that were kept when they were added."""
        size = self.size
        return OwnHead(size, merkle.root(self, size))

    def get(self, level: int, index: int) -> bytes:
        """See :class:`optin.ledger.merkle.Nodes`."""
        value = self._chest.log_value(f"node/{level}/{index}")
        if value is None:
            raise KeyError((level, index))
        return value

    def put(self, level: int, index: int, value: bytes) -> None:
        """See :class:`optin.ledger.merkle.Nodes`."""
        self._chest.keep_log_value(f"node/{level}/{index}", value)
