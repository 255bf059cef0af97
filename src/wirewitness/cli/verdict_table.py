"""The tables that `audit` and `demo` print: statements and what was recorded of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from wirewitness.cli.terminal import outcome_text, shown
from wirewitness.model.verdict import Outcome
from wirewitness.report.rows import group_exposures
from wirewitness.report.words import claim_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wirewitness.model.result import Result, Verdict
    from wirewitness.report.texts import Texts


STATEMENT_COLUMNS = 36
SIGN_COLUMNS = 10


def verdict_table(result: Result, texts: Texts) -> Table:
    """One line a statement: id, words, verdict, strength."""
    table = _table()
    for heading in (
        "",
        texts("cli.table.statement"),
        texts("cli.table.verdict"),
        texts("cli.table.strength"),
    ):
        table.add_column(heading, overflow="fold")
    for verdict in result.verdicts:
        strength = texts(f"strength.{verdict.strength.value}") if verdict.strength else "–"
        words = texts(f"outcome.{verdict.outcome.value}.word")
        table.add_row(
            shown(verdict.claim),
            shown(claim_text(verdict, texts)),
            outcome_text(verdict.outcome, words),
            Text(strength),
        )
    return table


def exposure_table(result: Result, texts: Texts) -> Table:
    """One line a kind of data and destination."""
    table = _table()
    for heading in ("kind", "destination", "times", "consent"):
        table.add_column(
            texts(f"cli.table.{heading}"), overflow="fold", justify="right" if heading == "times" else "left"
        )
    for group in group_exposures(result.exposures):
        consent = texts.join(texts.label("consent_short", status) for status, _ in group.consent)
        table.add_row(
            Text(texts.kind(group.kind)),
            shown(group.destination),
            Text(texts.figures.number(group.count)),
            Text(consent),
        )
    return table


def destination_table(result: Result, texts: Texts) -> Table:
    """One line a host and address, with the registered country of the address."""
    table = _table()
    for heading in ("destination", "country", "up", "readable"):
        right = heading in {"up", "readable"}
        table.add_column(texts(f"cli.table.{heading}"), overflow="fold", justify="right" if right else "left")
    for one in result.destinations:
        table.add_row(
            shown(f"{one.host} ({one.address})" if one.host else one.address),
            Text(texts.country(one.country) if one.country else texts("report.unknown")),
            Text(texts.figures.size(one.up_bytes)),
            Text(texts.figures.percent(one.readable_up_bytes, one.up_bytes)),
        )
    return table


def world_table(results: Mapping[str, Result], texts: Texts, columns: int) -> Table:
    """The statements against several worlds; `results` maps a world's title to its result.

    `columns` is the terminal's width: where the words would leave no room for the statements, the cells hold
    the signs alone, which the legend below the table explains.
    """
    table = _table()
    table.add_column("", no_wrap=True)
    table.add_column(texts("cli.table.statement"), overflow="fold", ratio=5)
    width = max(cell_len(texts(f"cli.outcome.{outcome.value}")) for outcome in Outcome) + 2
    wordy = columns - len(results) * (width + 2) >= STATEMENT_COLUMNS
    if not wordy:
        width = SIGN_COLUMNS
    for title in results:
        table.add_column(title, width=width)
    by_claim: dict[str, dict[str, Verdict]] = {}
    for title, result in results.items():
        for verdict in result.verdicts:
            by_claim.setdefault(verdict.claim, {})[title] = verdict
    for claim, verdicts in by_claim.items():
        cells = [
            outcome_text(
                verdicts[title].outcome,
                texts(f"cli.outcome.{verdicts[title].outcome.value}") if wordy else "",
            )
            if title in verdicts
            else Text("–", style="dim")
            for title in results
        ]
        table.add_row(shown(claim), shown(claim_text(next(iter(verdicts.values())), texts)), *cells)
    return table


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
