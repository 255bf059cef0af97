"""What the commands share at the terminal: consoles, colours, progress. Captured text never steers it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from wirewitness.model.errors import ArgumentError
from wirewitness.model.instant import NS, Instant
from wirewitness.model.json_text import json_text
from wirewitness.model.verdict import Outcome
from wirewitness.report.language import Language, choose_language
from wirewitness.report.texts import Texts
from wirewitness.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Neither red nor green: a verdict is no alarm and no all-clear. The shape says the same as the colour.
STYLES = {
    Outcome.SUPPORTED: ("●", "bold blue"),
    Outcome.CONTRADICTED: ("◆", "bold magenta"),
    Outcome.NOT_OBSERVED: ("○", "cyan"),
    Outcome.WITHSTOOD: ("◇", "cyan"),
    Outcome.CANNOT_TELL: ("◐", "yellow"),
    Outcome.NOT_TESTED: ("◌", "dim"),
}


def out() -> Console:
    """Standard output: colours only at a terminal and without NO_COLOR."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)


def err() -> Console:
    """Standard error, for errors, progress and remarks."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def texts_for(wanted: str | None) -> Texts:
    """The texts of `--lang`, else of the environment."""
    try:
        return Texts(choose_language(wanted, os.environ))
    except ValueError:
        known = ", ".join(Language)
        raise ArgumentError(
            f"there are no texts in the language '{visible(str(wanted))}'; there are: {known}"
        ) from None


def shown(text: str, style: str = "") -> Text:
    """Text from a capture or a file, safe to print."""
    return Text(visible(text), style=style)


def outcome_text(outcome: Outcome, words: str) -> Text:
    """An outcome's mark and words in its colour."""
    mark, style = STYLES[outcome]
    return Text(f"{mark} {words}", style=style)


def print_json(document: object) -> None:
    """The document to standard output; nothing in it steers a terminal."""
    typer.echo(json_text(document), nl=False)


def now() -> Instant:
    """The time, to the second: what a person's act is dated with."""
    return Instant(time.time_ns() // NS * NS)


@contextmanager
def progress_bar(texts: Texts, *, wanted: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error with the time left, only when that is a terminal; else nothing at all.

    What it yields takes (stage, done, total); a total of 0 is unknown.
    """
    if not wanted or not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(complete_style="cyan", finished_style="cyan", pulse_style="cyan"),
        TaskProgressColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err(), transient=True) as progress:
        task = progress.add_task("", total=None)

        def tell(stage: str, done: int, total: int) -> None:
            words = texts.label("cli.stage", stage)
            if total > 1:
                progress.update(task, description=words, completed=done, total=total)
                return
            if done and not total:  # it has no known end
                words = f"{words} {texts.figures.size(done)}"
            if progress.tasks[0].total is not None:
                progress.reset(task)  # it keeps the total of the stage before
                progress.tasks[0].total = None
            progress.update(task, description=words)

        yield tell
