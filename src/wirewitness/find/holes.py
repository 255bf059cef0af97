"""Holes: bytes that were captured but not read, or not captured at all.

What a flow left unread cannot be placed in time: it may lie in any situation that the flow touches, so a hole
names all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from sys import intern

from wirewitness.find.lookups import registrable_domain
from wirewitness.find.tables import Tables

TOKEN_BYTES = 256
"""Unexplained bytes in a readable message up to this size are what signatures and session tokens are made of
(RSA-2048: 256 bytes); more of them could be a message of its own, encrypted within."""

LABEL_CHARACTERS = 24
"""A label of a name asked for that is this long may carry a message to whoever answers for the domain:
unread, but where the core joined the labels and found in them what was looked for."""
UNSIZED = "size_unknown"
"""The core's reason for a connection of which a source does not say how many bytes went over it."""
GAP = "gap"
"""The reason of a hole that is missing from the capture; the others are the core's opaque reasons."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Bytes between the phone and one host at one address in flows that touch exactly these situations."""

    situations: frozenset[int]
    host: str
    address: str
    up: bool
    reason: str
    bytes: int


_UNREAD = f"""
CREATE OR REPLACE TABLE unread AS
WITH own AS (
  SELECT capture, flow, up AS is_up, sum(opaque_bytes) AS bytes FROM message
  WHERE opaque_bytes > {TOKEN_BYTES} GROUP BY ALL),
told AS (
  SELECT DISTINCT capture, flow FROM hit WHERE place = 'name' AND contains(steps, '"labels"')),
hole AS (
  SELECT capture, id, host, address, first_ns, last_ns, true AS is_up,
    CASE WHEN reason = '' THEN 'unknown_protocol' ELSE reason END AS reason, up - readable_up AS bytes
  FROM phone_flow
  UNION ALL
  SELECT capture, id, host, address, first_ns, last_ns, false,
    CASE WHEN reason = '' THEN 'unknown_protocol' ELSE reason END, down - readable_down FROM phone_flow
  UNION ALL
  SELECT f.capture, f.id, f.host, f.address, f.first_ns, f.last_ns, o.is_up, 'own_encryption', o.bytes
  FROM own o JOIN phone_flow f ON f.capture = o.capture AND f.id = o.flow
  UNION ALL
  SELECT f.capture, f.id, c.host, f.address, f.first_ns, f.last_ns, true, 'unknown_protocol',
    sum(length(n.question))
  FROM (SELECT DISTINCT capture, flow, question FROM name) n JOIN carrier c ON c.question = n.question
  JOIN phone_flow f ON f.capture = n.capture AND f.id = n.flow
  ANTI JOIN told ON told.capture = n.capture AND told.flow = n.flow GROUP BY ALL)
SELECT * FROM hole WHERE bytes > 0 OR (is_up AND reason = '{UNSIZED}')
"""  # noqa: S608 - numbers of ours

_HOLES = f"""
WITH hole AS (
  SELECT * FROM unread
  UNION ALL SELECT capture, id, host, address, first_ns, last_ns, true, '{GAP}', gap_up FROM phone_flow
  WHERE gap_up > 0
  UNION ALL SELECT capture, id, host, address, first_ns, last_ns, false, '{GAP}', gap_down FROM phone_flow
  WHERE gap_down > 0),
numbered AS (SELECT *, row_number() OVER (ORDER BY from_ns) AS number FROM slice),
spread AS (
  SELECT h.host, h.address, h.is_up, h.reason, a.number AS low, b.number AS high, sum(h.bytes) AS bytes
  FROM hole h
  ASOF JOIN numbered a ON h.first_ns < a.until_ns
  ASOF JOIN numbered b ON h.last_ns >= b.from_ns
  WHERE low <= high GROUP BY ALL),
touched AS (
  SELECT p.low, p.high, string_agg(DISTINCT s.situation, ',' ORDER BY s.situation) AS situations
  FROM (SELECT DISTINCT low, high FROM spread) p JOIN numbered s ON s.number BETWEEN p.low AND p.high
  GROUP BY ALL)
SELECT t.situations, s.host, s.address, s.is_up, s.reason, sum(s.bytes)
FROM spread s JOIN touched t USING (low, high) GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - constants of ours


def find_holes(tables: Tables) -> list[Hole]:
    """All of them. Needs `phone_flow` and `slice`; leaves the scratch table `unread`."""
    _put_carriers(tables)
    tables.run(_UNREAD)
    touched = cache(lambda text: frozenset(int(number) for number in text.split(",")))
    return [
        Hole(
            situations=touched(str(situations)),
            host=intern(str(host)),
            address=intern(str(address)),
            up=bool(up),
            reason=intern(str(reason)),
            bytes=int(size or 0),
        )
        for situations, host, address, up, reason, size in tables.stream(_HOLES)
    ]


def _put_carriers(tables: Tables) -> None:
    """Long names asked for, each with the domain that it asks, as `*.domain`: the name may hold a value."""
    questions = tables.rows(
        f"SELECT DISTINCT question FROM name WHERE regexp_matches(question, '[^.]{{{LABEL_CHARACTERS},}}')"  # noqa: S608
    )
    rows = [(str(question), f"*.{registrable_domain(str(question))}") for (question,) in questions]
    tables.fill("carrier", "question TEXT, host TEXT", rows)
