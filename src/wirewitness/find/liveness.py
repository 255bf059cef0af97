"""When the captures were running: what frames prove, and which silences they do not.

A capture without a recorder log is known to run from its first to its last packet, but for silences: during
an hour without a single frame (of any device) it may have been down as well, unless interface statistics in
the file say that it was recording (`judge/situations.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from wirewitness.find.tables import Tables
from wirewitness.model.instant import NS, Instant

BUCKET_NS = 600 * NS
SILENCE_NS = 3600 * NS


@dataclass(frozen=True)
class Silence:
    """A span within one capture in which no frame was seen for an hour or longer."""

    capture: int
    from_: Instant
    until: Instant


def find_silences(tables: Tables) -> list[Silence]:
    """Every such span, by capture and time; to ten minutes."""
    rows = tables.rows(
        f"""
        WITH beat AS (
          SELECT capture, first_ns // {BUCKET_NS} AS bucket FROM flow
          UNION SELECT capture, last_ns // {BUCKET_NS} FROM flow
          UNION SELECT capture, time_ns // {BUCKET_NS} FROM message
          UNION SELECT capture, end_ns // {BUCKET_NS} FROM message
          UNION SELECT capture, time_ns // {BUCKET_NS} FROM name
          UNION SELECT capture, time_ns // {BUCKET_NS} FROM anomaly WHERE time_ns > 0)
        SELECT DISTINCT capture, bucket FROM beat ORDER BY capture, bucket
        """  # noqa: S608 - numbers of ours
    )
    silences = []
    for (capture, before), (other, after) in pairwise(rows):
        begin, end = (int(before or 0) + 1) * BUCKET_NS, int(after or 0) * BUCKET_NS
        if capture == other and end - begin >= SILENCE_NS:
            silences.append(Silence(int(capture or 0), Instant(begin), Instant(end)))
    return silences
