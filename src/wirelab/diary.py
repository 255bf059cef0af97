"""The diary of a world.

The states of the phone over time, and the rows a careful tester would have written down.
"""

from __future__ import annotations

import bisect
import csv
import io
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from optin.protocol.moment import render_moment
from wirelab.clock import Clock, utc

FIRST_STATES = {
    "network": "wifi",
    "backup": "off",
    "preferences": "off",
    "diagnostics": "off",
    "software": "present",
    "screen": "off",
    "charging": "off",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of ``events.csv``."""

    time_ns: int
    event: str
    key: str
    value: str
    note: str


class Diary:
    """States from :data:`FIRST_STATES` on; each change is a row."""

    def __init__(self, clock: Clock) -> None:
        """Begin now."""
        self._clock = clock
        self._times = [clock.now]
        self._states: list[dict[str, str]] = [dict(FIRST_STATES)]
        self.rows: list[Row] = []

    def state(self, key: str, value: str, note: str = "") -> None:
        """From now on ``key`` has that value. ``note="owner"`` says that the owner did it by hand."""
        self._times.append(self._clock.now)
        self._states.append({**self._states[-1], key: value})
        self.rows.append(Row(self._clock.now, "state", key, value, note))

    def act(self, key: str, value: str = "", note: str = "") -> None:
        """Something that the owner or the tester did."""
        self.rows.append(Row(self._clock.now, "do", key, value, note))

    def recorder(self, what: str) -> None:
        """The recorder was started ("start"), stopped ("stop"), or died ("lost")."""
        self.rows.append(Row(self._clock.now, "recorder", what, "", ""))

    def at(self, time_ns: int) -> Mapping[str, str]:
        """The states that held at a time."""
        return self._states[max(bisect.bisect_right(self._times, time_ns) - 1, 0)]

    def spans(self, when: Mapping[str, tuple[str, ...]], start_ns: int, end_ns: int) -> list[tuple[int, int]]:
        """The spans within [start, end) in which every key of ``when`` had one of its values."""
        edges = sorted({start_ns, end_ns, *(time for time in self._times if start_ns < time < end_ns)})
        return [
            (begin, end)
            for begin, end in itertools.pairwise(edges)
            if all(self.at(begin).get(key) in values for key, values in when.items())
        ]

    def render(self) -> str:
        """``events.csv``."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("time", "event", "key", "value", "note"))
        for row in sorted(self.rows, key=lambda row: row.time_ns):
            writer.writerow((render_moment(utc(row.time_ns)), row.event, row.key, row.value, row.note))
        return out.getvalue()
