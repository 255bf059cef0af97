"""CSV: what happened when, a line each, for spreadsheets (RFC 4180).

A cell that a spreadsheet would take for a formula gets an apostrophe in front: captured names never run.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from wirewitness.model.spreadsheet import computes
from wirewitness.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirewitness.model.exposure import Exposure
    from wirewitness.model.result import Result

COLUMNS = (
    "time", "row", "kind", "what", "destination", "address", "country", "consent", "consent_record", "masked",
    "evidence", "conditions", "capture", "id",
)  # fmt: skip


def render_csv(result: Result) -> str:
    """Exposures, answers and logged events in time order."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in sorted(_rows(result)):
        writer.writerow([defused(cell) for cell in row])
    return out.getvalue()


def defused(cell: str) -> str:
    """The cell as text that no spreadsheet computes; what cannot be seen is written out."""
    text = visible(cell)
    return f"'{text}" if computes(text) or computes(cell) else text


def _rows(result: Result) -> Iterator[tuple[str, ...]]:
    for row, findings in (("exposure", result.exposures), ("answer", result.answers)):
        for one in findings:
            yield _finding(row, one)
    for event in result.events:
        note = (
            f"{event.key}={event.value}" if event.event == "state" else f"{event.key} {event.value}".strip()
        )
        yield (event.time.text, "event", event.event, note, *[""] * (len(COLUMNS) - 4))


def _finding(row: str, one: Exposure) -> tuple[str, ...]:
    conditions = ", ".join(f"{key}={value}" for key, value in sorted(one.conditions.items()))
    return (
        one.time.text,
        row,
        one.kind,
        one.fact or one.detail or one.source,
        one.destination,
        one.address,
        one.country or "",
        one.consent.status,
        one.consent.record or "",
        "yes" if one.masked else "no",
        "yes" if one.evidence else "lead",
        conditions,
        one.capture,
        one.id,
    )
