"""The agent's storage on a disk: one SQLite file, readable by its owner's account only.

Several processes may use it at once (the running agent and the command line).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optin.agent.storage import StorageError

_HELD = "another process holds it; nothing was changed, try again in a moment"
_DAMAGED = "the file is damaged; a new agent with the recovery phrase gets the backup back"
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full; nothing was lost, make room and try again",
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_READONLY: "this account may not write it; nothing was changed",
    sqlite3.SQLITE_CANTOPEN: "this account cannot open it; nothing was changed",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: "the disk does not read or write it; nothing was changed",
}
"""What is told of SQLite's kinds of failure."""


class DiskStorage:
    """See :class:`optin.agent.storage.Storage`. What ``put`` has returned for survives a crash."""

    def __init__(self, path: Path, patience_s: float = 10) -> None:
        """Open, or begin, the file; wait ``patience_s`` for another process that writes."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._path = path
        try:
            self._database = sqlite3.connect(
                path, isolation_level=None, timeout=patience_s, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._told(error) from error
        self._ask("PRAGMA journal_mode=WAL")
        self._ask("PRAGMA synchronous=NORMAL")
        self._ask("PRAGMA secure_delete=ON")
        self._ask("CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL)")

    def get(self, name: str) -> bytes | None:
        """See :class:`optin.agent.storage.Storage`."""
        row = self._ask("SELECT value FROM kept WHERE name = ?", (name,))
        return bytes(row[0][0]) if row else None

    def put(self, name: str, value: bytes) -> None:
        """See :class:`optin.agent.storage.Storage`."""
        self._ask("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))

    def delete(self, name: str) -> None:
        """See :class:`optin.agent.storage.Storage`."""
        self._ask("DELETE FROM kept WHERE name = ?", (name,))

    def names(self, prefix: str) -> Iterator[str]:
        """See :class:`optin.agent.storage.Storage`."""
        between = (prefix, prefix + "\U0010ffff")
        found = self._ask("SELECT name FROM kept WHERE name >= ? AND name < ? ORDER BY name", between)
        return iter([str(row[0]) for row in found])

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _ask(self, question: str, values: tuple[object, ...] = ()) -> list[Any]:
        """All rows. One statement is one transaction: what fails has changed nothing."""
        try:
            return self._database.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise self._told(error) from error

    def _told(self, error: sqlite3.Error) -> StorageError:
        # The low byte is the kind; the rest of the code says where in SQLite it was met.
        reason = _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, str(error))
        return StorageError(f"the agent's memory {self._path} failed: {reason}")
