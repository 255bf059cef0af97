"""An event as it happens: from words (`backup=on`, `recorder=start`, what was done) to a line of the log."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from wirewitness.judge.events_log import HEADER, RECORDER, make_event, read_events
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.instant import Instant
from wirewitness.model.spreadsheet import computes


def event_row(event: str, moment: Instant, note: str) -> list[str]:
    """The five cells; a state or a recorder mark is checked before it is written."""
    key, equals, value = event.partition("=")
    if not equals:
        cells = [moment.text, "do", event.strip(), "", note]
    elif key == "recorder":
        cells = [moment.text, "recorder", value, "", note]
    else:
        cells = [moment.text, "state", key, value, note]
    try:
        make_event(*cells)
    except ValueError as error:
        raise ArgumentError(f"{error} (the recorder does {', '.join(RECORDER)})") from None
    if any("\n" in cell or "\r" in cell for cell in cells):
        raise ArgumentError("an event is one line")
    if any(computes(cell) for cell in cells):
        raise ArgumentError("begin with a letter: a spreadsheet that opens the log would compute this")
    return cells


def append_event(log: Path, row: list[str]) -> None:
    """Append a row to the log, which is made when it is absent."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    if log.exists():
        read_events(log)  # a log that cannot be read is not made longer
    else:
        writer.writerow(HEADER)
    writer.writerow(row)
    try:
        whole = not log.exists() or log.read_bytes()[-1:] in (b"\n", b"")
        with log.open("a", encoding="utf-8") as file:
            file.write(("" if whole else "\n") + line.getvalue())
    except OSError as error:
        raise InputError(log, f"cannot be written: {error.strerror}") from None
