"""The append-only consent log in the database: entries in order, and their Merkle tree."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, text

from optin.cloud.tables import ENTRY, NODE
from optin.ledger import merkle
from optin.protocol.canonical import render_bytes
from optin.protocol.tree_head import TreeHead

APPENDING = 6962
"""The line (see :func:`wait_in_line`) in which appenders wait."""
_NODE = select(NODE.c.hash).where(
    NODE.c.level == bindparam("level"), NODE.c.position == bindparam("position")
)


def wait_in_line(connection: Connection, number: int) -> None:
    """Let one transaction of that number run at a time. SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


class SqlLog:
    """The log within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        """Number of entries."""
        top = self._connection.execute(select(func.max(ENTRY.c.position))).scalar()
        return 0 if top is None else int(top) + 1

    def append(self, body: bytes, now: datetime) -> int:
        """Add an entry; its position. Processes that append at once wait for each other."""
        wait_in_line(self._connection, APPENDING)
        position = self.size
        row = {"position": position, "body": body, "received": now.timestamp()}
        self._connection.execute(insert(ENTRY).values(**row))
        merkle.append(self, position, merkle.hash_leaf(body))
        return position

    def head(self, now: datetime) -> TreeHead:
        """The head of all entries."""
        size = self.size
        return TreeHead(size, merkle.root(self, size), now)

    def receipt(self, position: int, now: datetime, seed: bytes) -> dict[str, object]:
        """Proof that an entry is in the log, with the signed head that it holds for."""
        head = self.head(now)
        proof = merkle.prove_inclusion(self, position, head.size)
        return {
            "leaf": position,
            "head": head.render(seed),
            "inclusion": [render_bytes(step) for step in proof],
        }

    def get(self, level: int, index: int) -> bytes:
        """See :class:`optin.ledger.merkle.Nodes`."""
        if (level, index) not in self._seen:
            value = self._connection.execute(_NODE, {"level": level, "position": index}).scalar()
            if value is None:
                raise KeyError((level, index))
            self._seen[level, index] = bytes(value)
        return self._seen[level, index]

    def put(self, level: int, index: int, value: bytes) -> None:
        """See :class:`optin.ledger.merkle.Nodes`."""
        self._connection.execute(insert(NODE), {"level": level, "position": index, "hash": value})
        self._seen[level, index] = value
