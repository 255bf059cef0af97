"""`wirewitness compare`: what changed between two audits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from wirewitness.cli.options import Debug, Json, Lang
from wirewitness.cli.terminal import out, print_json, shown, texts_for
from wirewitness.find.daily_bytes import find_daily_bytes
from wirewitness.judge.comparison import Comparison, compare_audits
from wirewitness.model.json_form import to_json
from wirewitness.report.rendering import read_result

if TYPE_CHECKING:
    from wirewitness.report.texts import Texts

MOST_VOLUMES = 20


def compare(
    *,
    before: Annotated[Path, typer.Argument(metavar="A", help="Folder of the one audit.", show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="B", help="Folder of the other.", show_default=False)],
    lang: Lang = None,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Tell what changed from audit A to audit B: before and after an update, a setting, two phones.

    Where nothing could be read, bytes a day are compared, with a permutation of days. Nobody drew the
    days: a difference is a description and no evidence of its cause; for that run trials.
    """
    texts = texts_for(lang)
    comparison = compare_audits(
        read_result(before), read_result(after), find_daily_bytes(before), find_daily_bytes(after)
    )
    if as_json:
        print_json(to_json(comparison))
    else:
        _print(comparison, texts)


def _print(comparison: Comparison, texts: Texts) -> None:
    console = out()

    def word(outcome: str | None) -> str:
        return "–" if outcome is None else texts(f"cli.outcome.{outcome}")

    lines = [
        *(f"{v.claim}: {word(v.before)} → {word(v.after)}" for v in comparison.verdicts),
        *(f"{texts.kind(e.kind)} → {e.destination}: {e.before} → {e.after}" for e in comparison.exposures),
        *(texts("cli.compare.only_before", host=host) for host in comparison.only_before),
        *(texts("cli.compare.only_after", host=host) for host in comparison.only_after),
        *(
            _volume_line(comparison, number, texts)
            for number in range(len(comparison.volumes[:MOST_VOLUMES]))
        ),
    ]
    for line in lines or [texts("cli.compare.same")]:
        console.print(shown(line), soft_wrap=True)
    console.print(Text(texts("cli.compare.basis"), style="dim"), soft_wrap=True)


def _volume_line(comparison: Comparison, number: int, texts: Texts) -> str:
    row = comparison.volumes[number]
    figures = texts.figures
    sizes = f"{figures.size(row.before_a_day)} → {figures.size(row.after_a_day)}"
    if row.p is None:
        days = f"{row.days_before} + {row.days_after}"
        return texts("cli.compare.few_days", host=row.destination, sizes=sizes, days=days)
    return texts("cli.compare.volume", host=row.destination, sizes=sizes, p=figures.chance(row.p))
