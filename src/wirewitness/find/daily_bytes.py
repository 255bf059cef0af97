"""Bytes that left for each host on each day: what two audits can be compared by where nothing was read."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import duckdb

from wirewitness.find.tables import single_table
from wirewitness.model.errors import InputError
from wirewitness.model.instant import NS

DAY_NS = 24 * 3600 * NS

_QUESTION = """
SELECT CASE WHEN host <> '' THEN lower(host) WHEN phone = 'server' THEN client ELSE server END AS destination,
  first_ns // {day} AS day,
  sum(CASE phone WHEN 'server' THEN app_bytes_server ELSE app_bytes_client END) AS up
FROM read_parquet(?) WHERE phone <> 'none' GROUP BY ALL ORDER BY ALL
"""


def find_daily_bytes(folder: Path) -> dict[str, dict[int, int]]:
    """By destination and day (UTC, number since 1970), from the tables of an audited folder."""
    path = folder / "tables" / "flow.parquet"
    if not path.is_file():
        raise InputError(folder, "holds no tables/flow.parquet; audit anew to compare what is unread")
    found: dict[str, dict[int, int]] = defaultdict(dict)
    try:
        with single_table() as database:
            rows = database.execute(_QUESTION.format(day=DAY_NS), [str(path)]).fetchall()
    except duckdb.Error as error:
        raise InputError(path, f"cannot be read as a table: {str(error).splitlines()[0]}") from None
    for destination, day, up in rows:
        found[str(destination)][int(day)] = int(up)
    return dict(found)
