"""The checklist of a plan: what to do in each window, for paper and for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wirewitness.model.trials import Series, Trials, Window

if TYPE_CHECKING:
    from wirewitness.report.texts import Texts


def checklist(trials: Trials, planted: Mapping[str, str], texts: Texts) -> str:
    """Markdown that reads well printed: a box to tick for each window, and the texts of messages.

    `planted` holds the text of each message by its canary's id.
    """
    lines = [f"# {texts('cli.plan.checklist')}", texts("cli.plan.before", sha256=trials.sha256), ""]
    for series in trials.plan.series:
        for window in series.windows:
            lines.append(f"- [ ] {window_line(trials, series, window, texts)}")
            lines += [f"      > {planted[name]}" for name in window.canaries if name in planted]
    return "\n".join([*lines, "", texts("cli.plan.mark"), "", texts("cli.plan.after"), ""])


def window_line(trials: Trials, series: Series, window: Window, texts: Texts) -> str:
    """When, which window, and what to do at its start."""
    return f"{window.start.text} – {window.end.text} · {window.id}: {_to_do(trials, series, window, texts)}"


def next_window(trials: Trials) -> tuple[Series, Window] | None:
    """The first window of the plan that was neither done nor skipped."""
    marked = {one.window for one in trials.done}
    left = [(s, window) for s in trials.plan.series for window in s.windows if window.id not in marked]
    return min(left, key=lambda one: (one[1].start, one[1].id), default=None)


def _to_do(trials: Trials, series: Series, window: Window, texts: Texts) -> str:
    steps = []
    if series.design == "paired":
        setting = series.id.removeprefix("T-")
        steps.append(texts("cli.plan.turn", setting=setting, value=window.arm))
    steps.append(_planting(trials, series, window, texts))
    return "; ".join(steps)


def _planting(trials: Trials, series: Series, window: Window, texts: Texts) -> str:
    if not window.canaries:
        return texts("cli.plan.nothing")
    file = next(one.file for one in trials.plan.canaries if one.id == window.canaries[0])
    if series.kind == "photo":
        return texts("cli.plan.photo", file=file)
    if series.kind == "contact":
        return texts("cli.plan.contacts", file=file, n=len(window.canaries))
    return texts("cli.plan.messages", n=len(window.canaries))
