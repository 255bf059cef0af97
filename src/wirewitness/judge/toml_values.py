"""Values that several tables of a case file share: periods, kinds of data, numbers."""

from __future__ import annotations

from datetime import datetime

from wirewitness.model.case_file import Period
from wirewitness.model.errors import ArgumentError
from wirewitness.model.instant import Instant
from wirewitness.model.kind import expand
from wirewitness.model.toml_text import TomlTable


def read_period(table: TomlTable) -> Period:
    """`from` and `until`, each optional, with a time zone; `until` after `from`."""
    period = Period(_instant(table, "from"), _instant(table, "until"))
    if period.from_ is not None and period.until is not None and period.until <= period.from_:
        raise table.error("'until' is not after 'from'; put the later time there", "until")
    return period


def _instant(table: TomlTable, key: str) -> Instant | None:
    value = table.values.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, datetime):
            return Instant.parse(value.isoformat())
        return Instant.parse(table.text(key))
    except ValueError as error:
        raise table.error(f"'{key}': {error}", key) from None


def read_kinds(table: TomlTable) -> tuple[tuple[str, ...], ...]:
    """`data`: at least one kind or family; one tuple of kinds for each entry."""
    names = table.texts("data")
    if not names:
        raise table.error("'data' should name at least one kind of data")
    try:
        return tuple(expand(name) for name in names)
    except ArgumentError as error:
        raise table.error(str(error), "data") from None
