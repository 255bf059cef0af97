"""What was odd in the captures, counted."""

from __future__ import annotations

from collections.abc import Sequence

from wirewitness.find.tables import Tables
from wirewitness.model.result import AnomalyCount

_ROWS = """
SELECT kind, capture, count(*), arg_min(detail, (packet, "offset", detail)) FROM anomaly
GROUP BY kind, capture ORDER BY kind, capture
"""


def find_anomalies(tables: Tables, captures: Sequence[str]) -> list[AnomalyCount]:
    """By kind and capture (its SHA-256), with the first one's detail."""
    return [
        AnomalyCount(str(kind), int(count or 0), captures[int(capture or 0)], str(detail))
        for kind, capture, count, detail in tables.rows(_ROWS)
    ]
