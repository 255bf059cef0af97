"""Filters over the Parquet tables of a case: columns and values from a form, never SQL from outside."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from wirewitness.model.decoding import TABLES
from wirewitness.model.errors import ArgumentError
from wirewitness.model.instant import Instant
from wirewitness.report.visible import visible

MOST_ROWS = 200
MOST_FILTERS = 8
OPERATORS = {
    "contains": "contains(lower(CAST({column} AS VARCHAR)), lower(?))",
    "is": "CAST({column} AS VARCHAR) = ?",
    "is not": "CAST({column} AS VARCHAR) <> ?",
    "at least": "TRY_CAST({column} AS DOUBLE) >= TRY_CAST(? AS DOUBLE)",
    "at most": "TRY_CAST({column} AS DOUBLE) <= TRY_CAST(? AS DOUBLE)",
}
_TIMES = "_ns"
_NUMBER = "file_row_number"
_GATE = threading.Semaphore(2)


@dataclass(frozen=True)
class Filter:
    """One condition: a column, one of `OPERATORS`, a value."""

    column: str
    operator: str
    value: str


@dataclass(frozen=True)
class Found:
    """The first rows that pass, of how many; every cell as text that can be seen.

    A row begins with its number in the table, counted from 1, as `redact --row` takes it; `columns` do not
    name it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


def find_rows(folder: Path, table: str, filters: list[Filter], order: str = "") -> Found:
    """Ask a table; `ArgumentError` for a table, column or operator that there is not."""
    if table not in TABLES:
        raise ArgumentError(f"there is no table '{table}'; there are {', '.join(TABLES)}")
    if len(filters) > MOST_FILTERS:
        raise ArgumentError(f"at most {MOST_FILTERS} filters at once")
    path = str(folder / "tables" / f"{table}.parquet")
    with _GATE, duckdb.connect(config={"memory_limit": "256MB", "threads": 2}) as db:
        columns = [row[0] for row in db.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()]
        where = [_condition(one, columns) for one in filters]
        text = f" WHERE {' AND '.join(where)}" if where else ""
        values = [path, *(_value(one) for one in filters)]
        counted = db.execute(f"SELECT count(*) FROM read_parquet(?){text}", values).fetchone()  # noqa: S608 - ours
        if order:
            text += f" ORDER BY {_name(order, columns)}"
        asked = f"SELECT {_NUMBER} + 1, * EXCLUDE ({_NUMBER}) FROM read_parquet(?, {_NUMBER} = true)"  # noqa: S608
        rows = db.execute(f"{asked}{text} LIMIT {MOST_ROWS}", values).fetchall()
    names = ("", *columns)
    shown = tuple(tuple(_shown(*pair) for pair in zip(names, row, strict=True)) for row in rows)
    return Found(tuple(columns), shown, counted[0] if counted else 0)


def _shown(column: str, cell: object) -> str:
    """A cell as people read it; times in RFC 3339."""
    if cell is None:
        return ""
    if column.endswith(_TIMES) and isinstance(cell, int):
        return Instant(cell).text if cell else ""
    return visible(str(cell))


def _value(one: Filter) -> str:
    """The value to compare with; a time that is written as such means its nanoseconds."""
    if not one.column.endswith(_TIMES):
        return one.value
    try:
        return str(int(Instant.parse(one.value)))
    except ValueError:
        return one.value


def _condition(one: Filter, columns: list[str]) -> str:
    if one.operator not in OPERATORS:
        raise ArgumentError(f"'{visible(one.operator)}' is no comparison; there are {', '.join(OPERATORS)}")
    return OPERATORS[one.operator].format(column=_name(one.column, columns))


def _name(column: str, columns: list[str]) -> str:
    """The column, quoted; only one that the table has."""
    if column not in columns:
        raise ArgumentError(f"the table has no column '{visible(column)}'; it has {', '.join(columns)}")
    return '"' + column.replace('"', '""') + '"'


def as_json(found: Found) -> dict[str, Any]:
    """For the page."""
    return {"columns": found.columns, "rows": found.rows, "total": found.total}
