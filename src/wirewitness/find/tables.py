"""The tables of a case folder, asked with DuckDB: memory is bounded, what does not fit spills to disk."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeAlias

import duckdb

from wirewitness.model.decoding import TABLES
from wirewitness.model.errors import Bug

MEMORY, LEAST_MEMORY = "64MB", "16MB"
Cell: TypeAlias = str | int | float | bool | None


_DISK = (duckdb.IOException, duckdb.TransactionException)
"""How DuckDB says that the disk refuses: each statement is committed at once, and only a disk stops that."""


def single_table() -> duckdb.DuckDBPyConnection:
    """A small database in memory, for questions to one Parquet file of a folder that is audited already."""
    return duckdb.connect(config={"memory_limit": "96MB", "threads": 1})


class Tables:
    """Parquet tables under one folder as views, and scratch tables beside them. Use it in `with`."""

    def __init__(self, folder: Path, spill: Path) -> None:
        for name in TABLES:
            if not (folder / f"{name}.parquet").is_file():
                raise Bug(f"the decoder did not write {name}.parquet")
        spill.mkdir(parents=True, exist_ok=True)
        self._spill = spill
        try:
            self._db = duckdb.connect(
                str(spill / "scratch.duckdb"),
                config={
                    "memory_limit": MEMORY,
                    "temp_directory": str(spill),
                    "threads": 1,  # each has buffers of its own; the tables are small beside the captures
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    "preserve_insertion_order": False,
                },
            )
        except _DISK as error:
            raise _refused_by_the_disk(error) from error
        for name in TABLES:
            path = str(folder / f"{name}.parquet").replace("'", "''")
            self.run(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")  # noqa: S608 - our own path

    def run(self, sql: str, parameters: Sequence[Cell] = ()) -> None:
        """A statement without an answer."""
        self._ask(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Cell] = ()) -> list[tuple[Cell, ...]]:
        """All rows of an answer that is known to be small."""
        return self._ask(sql, parameters).fetchall()

    def _ask(self, sql: str, parameters: Sequence[Cell | list[Cell]] = ()) -> duckdb.DuckDBPyConnection:
        """Runs a statement; what the disk refuses is an `OSError`, as of any other writer."""
        try:
            return self._db.execute(sql, list(parameters))
        except _DISK as error:
            raise _refused_by_the_disk(error) from error
        except duckdb.OutOfMemoryException as error:
            raise Bug(f"a question to the tables needs more than {MEMORY}: {sql.split()[0:6]}") from error

    def stream(self, sql: str) -> Iterator[tuple[Cell, ...]]:
        """The rows of a long answer, a few thousand at a time."""
        cursor = self._ask(sql)
        while batch := cursor.fetchmany(8192):
            yield from batch

    def fill(self, name: str, columns: str, rows: Iterable[Sequence[Cell]]) -> None:
        """A scratch table from rows of ours, in the order of its columns (`name TYPE, ...`)."""
        self.run(f"CREATE OR REPLACE TABLE {name} ({columns})")
        given = list(rows)
        if given:
            # As lists, one a column: through Arrow, pandas would be loaded (half a second, 60 MB).
            columns_given = [[row[at] for row in given] for at in range(len(given[0]))]
            places = ", ".join("unnest(?)" for _ in columns_given)
            self._ask(f"INSERT INTO {name} SELECT {places}", columns_given)

    def give_back(self) -> None:
        """Gives back what is kept of tables in memory: other work comes, and asks little of them."""
        # A lower limit is refused where more is in use; then there is nothing to give back.
        with suppress(duckdb.OutOfMemoryException):
            self._db.execute(f"SET memory_limit = '{LEAST_MEMORY}'")
        self.run(f"SET memory_limit = '{MEMORY}'")

    def close(self) -> None:
        """Gives memory and the spilled files back; `spill` is gone."""
        try:
            self._db.close()
        except _DISK as error:
            raise _refused_by_the_disk(error) from error
        shutil.rmtree(self._spill, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _refused_by_the_disk(error: duckdb.Error) -> OSError:
    """What the disk refuses DuckDB, as an error of any other writer."""
    return OSError(errno.EIO, str(error).splitlines()[0])
