"""Contacts: when the phone turned to a host: a new flow, or a message on a flow that stays open.

A connection that was refused is no contact: the times of retries say nothing of the rhythm it would have had.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby

from wirewitness.find.tables import Tables
from wirewitness.model.instant import NS

PAUSE_S = 20
MOST = 20_000
MOST_CLOSE = 2_000


@dataclass(frozen=True)
class Contacts:
    """Times of one host's contacts (nanoseconds) as several series, each ascending, to the second.

    The first is all of them; then new flows alone (which are seen without keys too), each capture by itself,
    and the first ones unmerged: a rhythm that one of them shows is not lost when keys or captures are added.
    In all but those, contacts within twenty seconds of each other are one. `uploads`: messages with a body.
    """

    host: str
    series: tuple[Sequence[int], ...]
    uploads: Sequence[int] = ()


_OTHER, _OPENED, _UPLOAD = range(3)

# Small steps over small columns: hosts by number, so that millions of contacts spill to disk.
_STEPS = (
    """CREATE OR REPLACE TABLE host_number AS
    SELECT host, row_number() OVER (ORDER BY host) AS number FROM (
      SELECT DISTINCT host FROM phone_flow
      UNION SELECT DISTINCT lower(host) FROM message WHERE up AND protocol <> 'dns')
    WHERE host <> '' AND host NOT IN (SELECT host FROM host_shown)""",
    f"""CREATE OR REPLACE TABLE beat AS
    SELECT number, capture, first_ns // {NS} AS second, {_OPENED} AS sort FROM phone_flow f
    JOIN host_number h USING (host) WHERE passed OR up > 0 GROUP BY ALL""",  # noqa: S608 - numbers of ours
    f"""INSERT INTO beat
    SELECT h.number, m.capture, m.time_ns // {NS}, CASE WHEN m.body_bytes > 0 THEN {_UPLOAD} ELSE {_OTHER} END
    FROM message m
    LEFT JOIN host_shown s ON s.host = lower(m.host)
    JOIN host_number h ON h.host = coalesce(s.shown, lower(m.host))
    WHERE m.up AND m.protocol <> 'dns' GROUP BY ALL""",  # noqa: S608 - numbers of ours
)
_ROWS = "SELECT number, capture, second, sort FROM beat ORDER BY number, capture, second, sort"


@dataclass
class _Series:
    """Run starts (contacts after a pause) of one host and capture, and the first contacts as they came."""

    starts: array[int] = field(default_factory=lambda: array("q"))
    close: array[int] = field(default_factory=lambda: array("q"))
    last: int = -(2**62)

    def add(self, second: int) -> None:
        if second - self.last > PAUSE_S and len(self.starts) < MOST:
            self.starts.append(second)
        if len(self.close) < MOST_CLOSE and second != self.last:
            self.close.append(second)
        self.last = second


def find_contacts(tables: Tables) -> list[Contacts]:
    """By host; at most 20,000 of each host and capture. Needs `phone_flow`, `host_shown`."""
    for step in _STEPS:
        tables.run(step)
    found: dict[int, dict[tuple[int, int], _Series]] = {}
    for number, capture, second, sort in tables.stream(_ROWS):
        parts = found.setdefault(int(number or 0), {})
        for one in {_OTHER, int(sort or 0)}:  # all contacts, and those of its sort
            parts.setdefault((int(capture or 0), one), _Series()).add(int(second or 0))
    names = {
        int(number or 0): str(host) for number, host in tables.rows("SELECT number, host FROM host_number")
    }
    return sorted(
        (Contacts(names[number], _series(parts), _uploads(parts)) for number, parts in found.items()),
        key=lambda c: c.host,
    )


def _series(parts: dict[tuple[int, int], _Series]) -> tuple[Sequence[int], ...]:
    captures = sorted({capture for capture, _ in parts})
    opened = [part.starts for (_, sort), part in sorted(parts.items()) if sort == _OPENED]
    every = [part.starts for (_, sort), part in sorted(parts.items()) if sort == _OTHER]
    series = [_times(every), _times(opened)]
    for capture in captures:
        series += [
            _times([parts[capture, sort].starts]) for sort in (_OTHER, _OPENED) if (capture, sort) in parts
        ]
    series += [_times([part.close]) for (_, sort), part in sorted(parts.items()) if sort != _UPLOAD]
    return tuple(times for at, times in enumerate(series) if times and times not in series[:at])


def _uploads(parts: dict[tuple[int, int], _Series]) -> Sequence[int]:
    return _times([part.starts for (_, sort), part in sorted(parts.items()) if sort == _UPLOAD])


def _times(parts: list[array[int]]) -> array[int]:
    """Several ascending runs as one, without repetition."""
    return array("q", (second * NS for second, _ in groupby(merge(*parts))))
