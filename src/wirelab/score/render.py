"""The score for people (a table in the terminal) and for programs (``score.json``)."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from optin.protocol.moment import render_moment
from wirelab.score.figures import Figures, total

FORMAT = "wirelab-score/1"


def render_score(all_figures: list[Figures]) -> str:
    """``score.json`` as text: each world, then the sum."""
    document = {
        "format": FORMAT,
        "worlds": [_document(figures) for figures in all_figures],
        "all": _document(total(all_figures)),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def print_score(all_figures: list[Figures], console: Console) -> None:
    """A row per world, then recall per kind and per number of encodings over all of them."""
    table = Table(title="The witness against known truth", box=None, padding=(0, 1))
    for column in (
        "world",
        "seed",
        "sight",
        "recall",
        "false",
        "place",
        "rhythm",
        "verdicts",
        "reasons",
        "alarm",
    ):
        table.add_column(column, no_wrap=True)
    whole = total(all_figures)
    for figures in [*all_figures, whole]:
        table.add_row(
            figures.world,
            str(figures.seed) if figures.sight else "",
            figures.sight,
            f"{figures.found}/{figures.expected}",
            str(len(figures.false_exposures)),
            str(figures.wrong_destinations),
            f"{figures.rhythms - figures.rhythms_missed}/{figures.rhythms}",
            f"{figures.verdicts - len(figures.wrong)}/{figures.verdicts}",
            f"{figures.whys - len(figures.unnamed)}/{figures.whys}",
            _alarm(figures),
        )
    console.print(table)
    _print_recall(console, "kind", whole.found_by_kind, whole.expected_by_kind)
    _print_recall(console, "encodings", whole.found_by_depth, whole.expected_by_depth)
    for figures in all_figures:
        for wrong in figures.wrong:
            style = "bold red" if wrong.accusation else "yellow"
            console.print(
                f"{figures.world} seed {figures.seed} {figures.sight}: {wrong.claim} should be"
                f" {wrong.right}, is {wrong.given}",
                style=style,
                soft_wrap=True,
            )
        for lacking in figures.unnamed:
            console.print(
                f"{figures.world} seed {figures.seed} {figures.sight}: {lacking.claim} cannot be told and the"
                f" reason {lacking.why} is not named",
                style="yellow",
                soft_wrap=True,
            )
    if whole.accusations:
        console.print(f"{whole.accusations} false accusations", style="bold red")


def _alarm(figures: Figures) -> str:
    parts = []
    if figures.accusations:
        parts.append(f"[bold red]{figures.accusations} false accusations[/]")
    if figures.comforts:
        parts.append(f"[yellow]{figures.comforts} false comforts[/]")
    return ", ".join(parts)


def _print_recall(
    console: Console, name: str, found: dict[str, int] | dict[int, int], expected: object
) -> None:
    table = Table(title=f"Recall by {name}")
    table.add_column(name)
    table.add_column("found")
    for key, count in sorted(dict(expected).items()):  # type: ignore[call-overload]
        table.add_row(str(key), f"{found.get(key, 0)}/{count}")  # type: ignore[call-overload, unused-ignore]
    console.print(table)


def _document(figures: Figures) -> dict[str, object]:
    return {
        "world": figures.world,
        "seed": figures.seed,
        "sight": figures.sight,
        "recall": {"found": figures.found, "expected": figures.expected},
        "recall_by_kind": {
            kind: {"found": figures.found_by_kind[kind], "expected": count}
            for kind, count in sorted(figures.expected_by_kind.items())
        },
        "recall_by_encodings": {
            str(depth): {"found": figures.found_by_depth[depth], "expected": count}
            for depth, count in sorted(figures.expected_by_depth.items())
        },
        "missed": [
            {"time": render_moment(datum.time), "host": datum.host, "kind": datum.kind, "fact": datum.fact}
            for datum in figures.missed
        ],
        "false_exposures": [
            {
                "time": render_moment(e.time),
                "host": e.host,
                "kind": e.kind,
                "fact": e.fact,
                "source": e.source,
            }
            for e in figures.false_exposures
        ],
        "wrong_destinations": figures.wrong_destinations,
        "rhythms": {
            "expected": figures.rhythms,
            "missed": figures.rhythms_missed,
            "worst_error": max(figures.rhythm_errors, default=0.0),
        },
        "verdicts": {
            "asked": figures.verdicts,
            "wrong": [
                {
                    "claim": wrong.claim,
                    "right": wrong.right,
                    "given": wrong.given,
                    "accusation": wrong.accusation,
                }
                for wrong in figures.wrong
            ],
            "false_accusations": figures.accusations,
            "false_comforts": figures.comforts,
            "reasons": figures.whys,
            "unnamed_reasons": [{"claim": one.claim, "reason": one.why} for one in figures.unnamed],
        },
    }
