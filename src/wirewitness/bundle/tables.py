"""The tables of a bundle: held against those of the audit that was made again, and read row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from wirewitness.bundle.archive import member_parts
from wirewitness.bundle.collect import RESULT, table_file
from wirewitness.bundle.findings import TableRoot
from wirewitness.bundle.opened import Opened
from wirewitness.bundle.rows import row_tree
from wirewitness.kept_inputs import hash_file
from wirewitness.model.decoding import TABLES
from wirewitness.model.errors import InputError


def check_tables(
    opened: Opened, unpacked: Path, again: Path, tables: Mapping[str, TableRoot], secret: bytes
) -> tuple[str, ...]:
    """What of the tables was not derived again; `InputError` where a file is not what was committed to.

    A file that is byte for byte the one that this audit wrote is not opened: it may be anyone's.
    """
    different = []
    for name in TABLES:
        fresh = again / table_file(name)
        with fresh.open("rb") as file:
            tree = row_tree(secret, name, file)
        if tables.get(name) != TableRoot(tree.rows, tree.root.hex()):
            different.append(f"table {name}: not the same rows")
            continue
        member = f"{RESULT}/{table_file(name)}"
        there = unpacked / member
        if member not in opened.members:
            raise InputError(opened.path, f"'{member}' is missing")
        if opened.members[member].sha256 != hash_file(fresh) and not _holds(
            there, fresh, tree.root, name, secret
        ):
            raise InputError(opened.path, f"'{member}' does not hold the rows that were committed to")
    return tuple(different)


@contextmanager
def sealed_table(opened: Opened, name: str) -> Iterator[BinaryIO]:
    """The Parquet file of a table in a sealed bundle, open for reading."""
    member = f"{RESULT}/{table_file(name)}"
    if member not in opened.members:
        raise InputError(opened.path, f"'{member}' is missing")
    with tempfile.TemporaryFile() as file:
        for part in member_parts(opened.file, opened.members[member]):
            file.write(part)
        file.seek(0)
        try:
            yield file
        except (pa.ArrowException, OSError):
            raise InputError(opened.path, f"'{member}' is not a table") from None


def _holds(there: Path, fresh: Path, root: bytes, name: str, secret: bytes) -> bool:
    """Whether a file that another version wrote has the same rows; one that claims more is not read."""
    try:
        if _measure(there) != _measure(fresh):
            return False
        with there.open("rb") as file:
            return row_tree(secret, name, file).root == root
    except (pa.ArrowException, OSError, ValueError):
        return False


def _measure(path: Path) -> tuple[int, list[str]]:
    with pq.ParquetFile(path) as file:
        return file.metadata.num_rows, list(file.schema_arrow.names)
