"""`wirewitness mark`: appends an event to the log, with the time, as it happens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wirewitness.cli.options import Debug, Json, Lang, Quiet
from wirewitness.cli.terminal import now, out, print_json, shown, texts_for
from wirewitness.cli.trial_checklist import next_window, window_line
from wirewitness.judge.event_marks import append_event, event_row
from wirewitness.judge.trials_reader import read_trials
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.instant import Instant
from wirewitness.model.json_text import json_text

if TYPE_CHECKING:
    from wirewitness.model.trials import Trials
    from wirewitness.report.texts import Texts

WINDOW_MARKS = {"window": "done", "skip": "skipped"}


def mark(
    *,
    event: Annotated[
        str,
        typer.Argument(
            metavar="EVENT",
            help="A state (backup=on), the recorder (recorder=start), a window of trials (window=T-photo-01, "
            "or skip=...), or words for what you do.",
            show_default=False,
        ),
    ],
    log: Annotated[
        Path, typer.Option("--log", metavar="FILE", readable=False, help="The events log; made when absent.")
    ] = Path("events.csv"),
    trials: Annotated[
        Path, typer.Option("--trials", metavar="FILE", readable=False, help="The trials file, for windows.")
    ] = Path("trials.json"),
    time: Annotated[
        str | None, typer.Option("--time", help="When it happened; else now.", show_default=False)
    ] = None,
    note: Annotated[str, typer.Option("--note", help="A remark, such as who did it.")] = "",
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Append EVENT to the events log with the time, or tell the trials file that a window was done.

    After a window it says which one comes next and what to do in it.
    """
    moment = _moment(time)
    key, equals, value = event.partition("=")
    if equals and key in WINDOW_MARKS:
        read = _mark_window(trials, value, WINDOW_MARKS[key], moment, note)
        path = trials
    else:
        append_event(log, event_row(event, moment, note))
        path, read = log, None
    if as_json:
        print_json({"time": moment.text, "event": event, "file": str(path)})
    elif not quiet:
        out().print(shown(f"{moment.text}  {event}  → {path}"), soft_wrap=True)
        if read is not None:
            out().print(shown(_next(read, texts_for(lang))), soft_wrap=True)


def _next(trials: Trials, texts: Texts) -> str:
    """What the tester has to do next."""
    left = next_window(trials)
    return (
        texts("cli.plan.done")
        if left is None
        else texts("cli.plan.next", what=window_line(trials, *left, texts))
    )


def _moment(time: str | None) -> Instant:
    if time is None:
        return now()
    try:
        return Instant.parse(time)
    except ValueError as error:
        raise ArgumentError(f"--time: {error}") from None


def _mark_window(path: Path, window: str, what: str, moment: Instant, note: str) -> Trials:
    """The file is replaced whole; the plan in it stays byte for byte what it was."""
    trials = read_trials(path)
    if window not in {one.id for series in trials.plan.series for one in series.windows}:
        raise ArgumentError(f"there is no window '{window}' in {path}")
    value = json.loads(path.read_text(encoding="utf-8-sig"))
    value["done"].append({"window": window, "time": moment.text, "what": what, "note": note})
    fresh = path.with_name(path.name + ".fresh")
    try:
        fresh.write_text(json_text(value), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise InputError(path, f"cannot be written: {error.strerror}") from None
    return read_trials(path)
