"""The agent's storage on a disk: one SQLite file, readable by its owner's account only.

Several processes may use it at once (the running agent and the command line).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path


class DiskStorage:
    """See :class:`optin.agent.storage.Storage`. What ``put`` has returned for survives a crash."""

    def __init__(self, path: Path) -> None:
        """Open, or begin, the file."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._database = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("PRAGMA secure_delete=ON")
        self._database.execute("CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL)")

    def get(self, name: str) -> bytes | None:
        """See :class:`optin.agent.storage.Storage`."""
        row = self._database.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, name: str, value: bytes) -> None:
        """See :class:`optin.agent.storage.Storage`."""
        self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))

    def delete(self, name: str) -> None:
        """See :class:`optin.agent.storage.Storage`."""
        self._database.execute("DELETE FROM kept WHERE name = ?", (name,))

    def names(self, prefix: str) -> Iterator[str]:
        """See :class:`optin.agent.storage.Storage`."""
        between = (prefix, prefix + "\U0010ffff")
        found = self._database.execute(
            "SELECT name FROM kept WHERE name >= ? AND name < ? ORDER BY name", between
        )
        return iter([str(row[0]) for row in found.fetchall()])

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
