"""Row commitments: a sealed bundle commits to each row of each table, a redacted copy opens chosen ones.

Tables may have millions of rows, in an order that need not be the same when the audit is made again. So the
salt of a row comes from its own bytes, and the leaves stand sorted: the root is the same whatever the order,
and a leaf's place says nothing. How leaves and nodes are hashed stands in `merkle.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pyarrow.parquet as pq

from wirewitness.bundle import merkle

SIZE = 32
_BATCH = 16_384


@dataclass(frozen=True)
class RowTree:
    """The sorted leaves of a table's rows, `SIZE` bytes each."""

    leaves: bytes

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        return len(self.leaves) // SIZE

    @property
    def root(self) -> bytes:
        """The root over them."""
        level = self.leaves
        while len(level) > SIZE:
            level = _above(level)
        return level or merkle.root(())

    def place(self, leaf: bytes) -> int:
        """Where a leaf stands; -1 when it is none of them."""
        low, high = 0, self.rows
        while low < high:
            middle = (low + high) // 2
            if self.leaves[middle * SIZE : (middle + 1) * SIZE] < leaf:
                low = middle + 1
            else:
                high = middle
        return low if self.leaves[low * SIZE : (low + 1) * SIZE] == leaf else -1

    def path(self, place: int) -> tuple[bytes, ...]:
        """The hashes beside the way from a place to the root."""
        beside, level = [], self.leaves
        while len(level) > SIZE:
            other = (place ^ 1) * SIZE
            if other < len(level):
                beside.append(level[other : other + SIZE])
            level, place = _above(level), place // 2
        return tuple(beside)


def row_tree(secret: bytes, table: str, file: BinaryIO) -> RowTree:
    """The tree over the rows of a Parquet file."""
    leaves = b"".join(_leaf(secret, merkle.canonical([table, row])) for row in _rows(file))
    return RowTree(np.sort(np.frombuffer(leaves, dtype=f"S{SIZE}")).tobytes())


def nth_row(file: BinaryIO, number: int) -> dict[str, Any] | None:
    """The row at a place counted from 1; None when the table has fewer."""
    return next(itertools.islice(_rows(file), number - 1, None), None) if number > 0 else None


def row_salt(secret: bytes, table: str, row: dict[str, Any]) -> bytes:
    """The salt of a row."""
    return _salt(secret, merkle.canonical([table, row]))


def _salt(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, b"row\x00" + text, "sha256")


def _leaf(secret: bytes, text: bytes) -> bytes:
    return merkle.leaf_of(_salt(secret, text), text)


def _rows(file: BinaryIO) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(file) as table:
        for batch in table.iter_batches(_BATCH):
            yield from batch.to_pylist()


def _above(level: bytes) -> bytes:
    """The level above: a lone node moves up as it is."""
    nodes = []
    for at in range(0, len(level), 2 * SIZE):
        pair = level[at : at + 2 * SIZE]
        nodes.append(hashlib.sha256(b"\x01" + pair).digest() if len(pair) > SIZE else pair)
    return b"".join(nodes)
