"""Traffic measured by host, address and situation: small numbers that every judgement of coverage rests on.

A *situation* is a set of circumstances (states of the phone, periods of claims, whether a capture ran) under
a number; *slices* say when which situation held. What a flow left unread cannot be placed in time, so it
counts in every situation that the flow touches: a blind spot may be anywhere in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern

from wirewitness.find.tables import Cell, Tables
from wirewitness.model.instant import Instant

RETRY_NS = 60_000_000_000


@dataclass(frozen=True)
class Slice:
    """A half-open span of time in one situation; slices follow each other without a hole."""

    from_: Instant
    until: Instant
    situation: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went between the phone and one host at one address in flows that began in one situation.

    `refused`: attempts by how they failed, without those that were `retried` with success within a minute.
    """

    situation: int
    host: str
    address: str
    flows: int
    up: int
    readable_up: int
    down: int
    readable_down: int
    refused: Mapping[str, int]
    retried: int


def put_slices(tables: Tables, slices: Sequence[Slice]) -> None:
    """The scratch table `slice`, which the other questions join by time."""
    tables.fill(
        "slice",
        "from_ns BIGINT, until_ns BIGINT, situation INTEGER",
        ((int(s.from_), int(s.until), s.situation) for s in slices),
    )


_REFUSED = f"""
CREATE OR REPLACE TABLE attempt AS
WITH failed AS (
  SELECT *, CASE WHEN alert <> '' AND NOT passed THEN 'aborted_handshake' ELSE state END AS how
  FROM phone_flow
  WHERE (state = 'aborted_handshake' OR (alert <> '' AND NOT passed))
     OR (state IN ('refused', 'unanswered', 'reset') AND NOT passed AND up = 0)
)
SELECT f.host, f.address, f.first_ns, f.how, f.app, f.alert,
  f.how IN ('refused', 'unanswered') AND EXISTS (
    SELECT 1 FROM phone_flow p WHERE p.host = f.host AND p.port = f.port AND p.passed
    AND p.first_ns >= f.first_ns AND p.first_ns <= f.first_ns + {RETRY_NS}) AS retried
FROM failed f
"""  # noqa: S608 - numbers of ours

_BEGUN = """
SELECT situation, host, address, count(*), sum(up), sum(readable_up), sum(down), sum(readable_down)
FROM phone_flow f JOIN slice s ON f.first_ns >= s.from_ns AND f.first_ns < s.until_ns GROUP BY ALL
"""

_ATTEMPTS = """
SELECT situation, host, address, how, count(*) FILTER (NOT retried), count(*) FILTER (retried)
FROM attempt a JOIN slice s ON a.first_ns >= s.from_ns AND a.first_ns < s.until_ns
GROUP BY ALL ORDER BY ALL
"""


def find_traffic(tables: Tables) -> list[Traffic]:
    """Every (situation, host, address) with traffic or an attempt. Needs `phone_flow` and `slice`."""
    tables.run(_REFUSED)
    tried: dict[tuple[int, str, str], _Tried] = {}
    for situation, host, address, how, failed, retried in tables.stream(_ATTEMPTS):
        one = tried.setdefault((_int(situation), intern(str(host)), intern(str(address))), _Tried())
        one.retried += _int(retried)
        if failed:
            one.refused[intern(str(how))] = _int(failed)
    found = []
    # Tens of thousands of addresses are possible: row by row, and what repeats is kept once.
    for situation, host, address, flows, *sizes in tables.stream(_BEGUN):
        key = (_int(situation), intern(str(host)), intern(str(address)))
        one = tried.pop(key, _NOT_TRIED)
        up, readable_up, down, readable_down = map(_int, sizes)
        found.append(
            Traffic(*key, _int(flows), up, readable_up, down, readable_down, one.refused, one.retried)
        )
    found += [Traffic(*key, 0, 0, 0, 0, 0, one.refused, one.retried) for key, one in tried.items()]
    found.sort(key=lambda one: (one.situation, one.host, one.address))
    return found


@dataclass(slots=True)
class _Tried:
    """Attempts while they are being added up."""

    refused: dict[str, int] = field(default_factory=dict)
    retried: int = 0


_NOT_TRIED = _Tried()


def _int(value: Cell) -> int:
    return int(value or 0)
