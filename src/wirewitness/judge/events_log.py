"""The events log: `time,event,key,value,note`, one line an event. A state holds until the next of its key."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from wirewitness.model.case_file import STATES, Event
from wirewitness.model.errors import InputError
from wirewitness.model.instant import Instant

HEADER = ["time", "event", "key", "value", "note"]
SORTS = ("state", "do", "recorder")
RECORDER = ("start", "stop", "lost")
MAX_EVENTS = 1_000_000


def read_events(path: Path) -> list[Event]:
    """All events by time, as written; `InputError` with the line for what cannot be one."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(path, "is not UTF-8 text") from None
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    events: list[tuple[int, Event]] = []
    try:
        if next(rows, []) != HEADER:
            raise InputError(path, f"should begin with the line {','.join(HEADER)}", line=1)
        for row in rows:
            if row:
                events.append((rows.line_num, _event(path, rows.line_num, row)))
            if len(events) > MAX_EVENTS:
                raise InputError(path, f"holds more than {MAX_EVENTS} events", line=rows.line_num)
    except csv.Error as error:
        raise InputError(path, f"is not comma-separated text: {error}", line=rows.line_num) from None
    refuse_contradictions(path, events)
    return sorted((event for _, event in events), key=in_order)


def _event(path: Path, line: int, row: list[str]) -> Event:
    if len(row) != len(HEADER):
        raise InputError(path, f"this line has {len(row)} columns; there are {len(HEADER)}", line=line)
    time, sort, key, value, note = (cell.strip() for cell in row)
    try:
        return make_event(time, sort, key, value, note)
    except ValueError as error:
        raise InputError(path, str(error), line=line) from None


def make_event(time: str, sort: str, key: str, value: str, note: str) -> Event:
    """An event of its five texts; `ValueError` with one sentence when it cannot be one."""
    if sort not in SORTS:
        raise ValueError(f"'{sort}' is not an event; an event is one of {', '.join(SORTS)}")
    if sort == "recorder" and key not in RECORDER:
        raise ValueError(f"the recorder does not '{key}'; it does one of {', '.join(RECORDER)}")
    if sort == "state":
        check_state(key, value)
    return Event(Instant.parse(time), cast("Literal['state', 'do', 'recorder']", sort), key, value, note)


def in_order(event: Event) -> tuple[int, str, str, str, str]:
    """Sorts events by time, and those of one time always in the same way."""
    return (int(event.time), event.event, event.key, event.value, event.note)


def check_state(key: str, value: str) -> None:
    """`ValueError` when there is no such state or it has no such value."""
    if key not in STATES:
        raise ValueError(f"'{key}' is not a state of the phone; the states are {', '.join(STATES)}")
    if value not in STATES[key]:
        raise ValueError(f"'{key}' cannot be '{value}'; it is one of {', '.join(STATES[key])}")


def refuse_contradictions(
    path: Path, events: list[tuple[int, Event]], others: Sequence[Event] = (), other_path: Path | None = None
) -> None:
    """Two values of one state at one instant cannot both be: one sentence, with both places.

    `others` are the events of another file, which agree among themselves.
    """
    name = "" if other_path is None else other_path.name
    seen = {(e.time, e.key): (name, e.value) for e in others if e.event == "state"}
    for line, event in events:
        if event.event != "state":
            continue
        place, value = seen.setdefault((event.time, event.key), (f"line {line}", event.value))
        if value != event.value:
            text = (
                f"{event.key} cannot be '{event.value}' and, as {place} says, '{value}' at one "
                "time; correct one of the two times"
            )
            raise InputError(path, text, line=line)
