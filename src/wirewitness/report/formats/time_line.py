"""CSV: what happened when, a line each, for spreadsheets (RFC 4180).

A cell that a spreadsheet would take for a formula gets an apostrophe in front: captured names never run.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from wirewitness.model.spreadsheet import computes
from wirewitness.report.visible import visible
from wirewitness.report.words import confidence_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirewitness.model.exposure import Exposure
    from wirewitness.model.result import Result
    from wirewitness.report.texts import Texts

COLUMNS = (
    "time", "row", "kind", "what", "destination", "address", "country", "consent", "consent_record", "masked",
    "evidence", "confidence", "confidence_words", "conditions", "capture", "id",
)  # fmt: skip


def render_csv(result: Result, texts: Texts) -> str:
    """Exposures, answers and logged events in time order.

    `confidence` is the share of findings like this lead that were right when it was measured, empty where
    nothing was; `confidence_words` says so in the language of `texts`, and on what it was measured.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in sorted(_rows(result, texts)):
        writer.writerow([defused(cell) for cell in row])
    return out.getvalue()


def defused(cell: str) -> str:
    """The cell as text that no spreadsheet computes; what cannot be seen is written out."""
    text = visible(cell)
    return f"'{text}" if computes(text) or computes(cell) else text


def _rows(result: Result, texts: Texts) -> Iterator[tuple[str, ...]]:
    for row, findings in (("exposure", result.exposures), ("answer", result.answers)):
        for one in findings:
            yield _finding(row, one, texts)
    for event in result.events:
        note = (
            f"{event.key}={event.value}" if event.event == "state" else f"{event.key} {event.value}".strip()
        )
        yield (event.time.text, "event", event.event, note, *[""] * (len(COLUMNS) - 4))


def _finding(row: str, one: Exposure, texts: Texts) -> tuple[str, ...]:
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
        f"{one.confidence.right / one.confidence.found:.4f}" if one.confidence else "",
        confidence_words(one.confidence, texts) if one.guessed else "",
        conditions,
        one.capture,
        one.id,
    )
