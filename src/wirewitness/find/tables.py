"""The tables of a case folder, asked with DuckDB: memory is bounded, what does not fit spills to disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self, TypeAlias

import duckdb

from wirewitness.model.decoding import TABLES
from wirewitness.model.errors import Bug

MEMORY = "96MB"
Cell: TypeAlias = str | int | float | bool | None


class Tables:
    """Parquet tables under one folder as views, and scratch tables beside them. Use it in `with`."""

    def __init__(self, folder: Path, spill: Path) -> None:
        for name in TABLES:
            if not (folder / f"{name}.parquet").is_file():
                raise Bug(f"the decoder did not write {name}.parquet")
        self._db = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY,
                "temp_directory": str(spill),
                "threads": 2,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            },
        )
        for name in TABLES:
            path = str(folder / f"{name}.parquet").replace("'", "''")
            self.run(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")  # noqa: S608 - our own path

    def run(self, sql: str, parameters: Sequence[Cell] = ()) -> None:
        """A statement without an answer."""
        self._db.execute(sql, list(parameters))

    def rows(self, sql: str, parameters: Sequence[Cell] = ()) -> list[tuple[Cell, ...]]:
        """All rows of an answer that is known to be small."""
        return self._db.execute(sql, list(parameters)).fetchall()

    def fill(self, name: str, columns: str, rows: Iterable[Sequence[Cell]]) -> None:
        """A scratch table of few rows."""
        self.run(f"CREATE OR REPLACE TABLE {name} ({columns})")
        batch = [list(row) for row in rows]
        if batch:
            marks = ", ".join("?" for _ in batch[0])
            self._db.executemany(f"INSERT INTO {name} VALUES ({marks})", batch)  # noqa: S608 - our own names

    def close(self) -> None:
        """Gives memory and spilled files back."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
