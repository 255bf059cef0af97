"""Contacts: when the phone turned to a host: a new flow, or a message on a flow that stays open.

A connection that was refused is no contact: what a retry looks like says nothing of the rhythm it would have
had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from wirewitness.find.tables import Tables
from wirewitness.model.instant import NS, Instant

MOST = 4_000


@dataclass(frozen=True)
class Contacts:
    """Times of one host's contacts as several series, each ascending, to the second.

    The first is all of them; then new flows alone (which are seen without keys too), and each capture by
    itself: a rhythm that one of them shows is not lost when keys or captures are added.
    """

    host: str
    series: tuple[tuple[Instant, ...], ...]


_ROWS = f"""
WITH beat AS (
  SELECT host, capture, first_ns // {NS} AS second, true AS opened FROM phone_flow
  WHERE host <> '' AND (passed OR up > 0)
  UNION ALL SELECT f.host, f.capture, m.time_ns // {NS}, false FROM message m
  JOIN phone_flow f ON f.capture = m.capture AND f.id = m.flow WHERE m.up AND f.host <> ''),
once AS (SELECT host, capture, second, bool_or(opened) AS opened FROM beat GROUP BY ALL),
ranked AS (SELECT *, row_number() OVER (PARTITION BY host, capture, opened ORDER BY second) AS n FROM once)
SELECT host, capture, opened, string_agg(second, ',' ORDER BY second) FROM ranked WHERE n <= {MOST}
GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - numbers of ours


def find_contacts(tables: Tables) -> list[Contacts]:
    """By host; the first 4,000 of each host, capture and sort. Needs `phone_flow`."""
    by_host: dict[str, dict[tuple[int, bool], list[int]]] = defaultdict(dict)
    for host, capture, opened, seconds in tables.rows(_ROWS):
        by_host[str(host)][int(capture or 0), bool(opened)] = [int(s) for s in str(seconds).split(",")]
    return [Contacts(host, tuple(dict.fromkeys(_series(parts)))) for host, parts in sorted(by_host.items())]


def _series(parts: dict[tuple[int, bool], list[int]]) -> list[tuple[Instant, ...]]:
    captures = sorted({capture for capture, _ in parts})
    series = [_times(list(parts.values())), _times([s for (_, opened), s in parts.items() if opened])]
    for capture in captures:
        series.append(_times([s for (c, _), s in parts.items() if c == capture]))
        series.append(_times([parts.get((capture, True), [])]))
    return [times for times in series if times]


def _times(parts: Sequence[Sequence[int]]) -> tuple[Instant, ...]:
    return tuple(Instant(second * NS) for second in sorted({s for part in parts for s in part}))
