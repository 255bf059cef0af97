"""Bytes that left the phone in given spans of time, by host and address: what can be counted without keys.

A flow that lasts beyond a minute is told by minutes (table `volume`), another lies at its first packet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wirewitness.find.tables import Tables
from wirewitness.model.instant import Instant


@dataclass(frozen=True)
class Span:
    """A half-open span under a number; spans may overlap."""

    number: int
    from_: Instant
    until: Instant


@dataclass(frozen=True)
class SpanVolume:
    """Bytes up in a span to a host at an address."""

    number: int
    host: str
    address: str
    up: int


_UPLOADS = """
CREATE OR REPLACE TABLE upload AS
SELECT f.host, f.address, v.time_ns, CASE f.side WHEN 'server' THEN v.app_bytes_server ELSE v.app_bytes_client
  END AS up
FROM volume v JOIN (SELECT p.*, o.phone AS side FROM phone_flow p JOIN flow o USING (capture, id)) f
  ON v.capture = f.capture AND v.flow = f.id
UNION ALL
SELECT host, address, first_ns, up FROM phone_flow f
WHERE NOT EXISTS (SELECT 1 FROM volume v WHERE v.capture = f.capture AND v.flow = f.id)
"""
_SUMS = """
SELECT number, host, address, sum(up) FROM upload u JOIN span ON u.time_ns >= from_ns AND u.time_ns < until_ns
WHERE up > 0 GROUP BY ALL ORDER BY ALL
"""


def find_window_volumes(tables: Tables, spans: Sequence[Span]) -> list[SpanVolume]:
    """By span, host and address, where anything left. Needs `phone_flow`."""
    if not spans:
        return []
    tables.fill(
        "span",
        "number INTEGER, from_ns BIGINT, until_ns BIGINT",
        ((span.number, int(span.from_), int(span.until)) for span in spans),
    )
    tables.run(_UPLOADS)
    return [
        SpanVolume(int(number or 0), str(host), str(address), int(up or 0))
        for number, host, address, up in tables.rows(_SUMS)
    ]
