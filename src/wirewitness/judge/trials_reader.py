"""TRIALS.json: a plan of randomised trials, its commitment, what was done (docs/reference/trials.md)."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.instant import NS
from wirewitness.model.json_form import from_json
from wirewitness.model.json_lines import json_lines, line_of
from wirewitness.model.kind import expand
from wirewitness.model.trials import Arm, Series, Trials, TrialsDocument, Window

FORMAT = "wirewitness-trials/1"
ANALYSIS = "size-coded-max-t/1"
LEAST_SHUFFLES = 9_999
MOST_SHUFFLES = 999_999
MOST_BYTES = 16 << 20
MOST_CELLS = 100_000
"""Windows times arms times lags of a series: what an analysis can hold in memory."""
MOST_SERIES, MOST_ARMS, MOST_LAGS, MOST_WINDOWS = 20, 64, 16, 2_000
_PLACE = re.compile(r"(/[\w/]*)")
_HEX = re.compile(r"[0-9a-f]{64}")


class _Wrong(Exception):  # noqa: N818 - a place and a sentence on their way to an InputError
    def __init__(self, place: str, text: str) -> None:
        super().__init__(text)
        self.place, self.text = place, text


def read_trials(path: Path) -> Trials:
    """A trials file; `InputError` with the line for what cannot be one.

    A plan that is not the one of its hash is told (`changed`), not refused: what else the case holds stands.
    """
    text = _text(path)
    value = _parsed(path, text)
    try:
        document = _document(value)
        _check(document)
    except _Wrong as wrong:
        raise InputError(path, wrong.text, line=line_of(json_lines(text), wrong.place)) from None
    opened = document.seed is not None
    if opened and hashlib.sha256(str(document.seed).encode()).hexdigest() != document.plan.commitment:
        line = line_of(json_lines(text), "/seed")
        raise InputError(path, "'seed' is not the seed of the plan's 'commitment'; give that one", line=line)
    sha256 = plan_sha256(value["plan"])
    changed = sha256 != document.plan_sha256 or (opened and not _as_drawn(document))
    return Trials(document.plan, sha256, changed, opened, document.done)


def plan_sha256(plan: Mapping[str, Any]) -> str:
    """The commitment to a plan: SHA-256 of its canonical JSON (RFC 8785; keys sorted, no spaces, UTF-8)."""
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def draw_arms(seed: str, series: str, windows: Sequence[tuple[str, int]], arms: Sequence[str]) -> list[str]:
    """The arm of each (window id, block): what the seed decides, and anyone can decide again.

    Within a block, windows stand in the order of SHA-256(seed LF series LF window) in hex; the k-th gets the
    k-th arm, over and over.
    """
    blocks: dict[int, list[str]] = defaultdict(list)
    for window, block in windows:
        blocks[block].append(window)
    drawn: dict[str, str] = {}
    for names in blocks.values():
        by_digest = sorted(
            names, key=lambda name: hashlib.sha256(f"{seed}\n{series}\n{name}".encode()).hexdigest()
        )
        drawn |= {name: arms[place % len(arms)] for place, name in enumerate(by_digest)}
    return [drawn[window] for window, _ in windows]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(path, f"is larger than {MOST_BYTES >> 20} MiB; a trials file is small")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(path, "is not UTF-8 text", offset=error.start) from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(path, f"is not JSON: {error.msg}", line=error.lineno) from None
    except (ValueError, RecursionError):
        raise InputError(path, "is not JSON that a trials file could hold") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError(path, f"is not a trials file of format {FORMAT}", line=1)
    return value


def _document(value: dict[str, Any]) -> TrialsDocument:
    try:
        return from_json(TrialsDocument, value)
    except ValueError as error:
        found = _PLACE.search(str(error))
        raise _Wrong(found[1] if found else "", str(error)) from None


def _check(document: TrialsDocument) -> None:
    plan = document.plan
    if plan.analysis != ANALYSIS:
        raise _Wrong("/plan/analysis", f"the analysis '{plan.analysis}' is not known; known is {ANALYSIS}")
    if not _HEX.fullmatch(plan.commitment):
        raise _Wrong("/plan/commitment", "'commitment' should be a SHA-256 in 64 small hexadecimal digits")
    if not LEAST_SHUFFLES <= plan.shuffles <= MOST_SHUFFLES:
        raise _Wrong("/plan/shuffles", f"'shuffles' should be {LEAST_SHUFFLES} to {MOST_SHUFFLES}")
    if not 0 < len(plan.series) <= MOST_SERIES:
        raise _Wrong("/plan/series", f"there should be 1 to {MOST_SERIES} series")
    _distinct([one.id for one in plan.canaries], "/plan/canaries")
    _distinct([one.id for one in plan.series], "/plan/series")
    known = {canary.id for canary in plan.canaries}
    for number, series in enumerate(plan.series):
        _check_series(series, known, f"/plan/series/{number}")
    windows = {window.id for series in plan.series for window in series.windows}
    if sum(len(series.windows) for series in plan.series) != len(windows):
        raise _Wrong("/plan/series", "a window's id is used in two series; give each window its own")
    for number, done in enumerate(document.done):
        if done.window not in windows:
            raise _Wrong(f"/done/{number}", f"there is no window '{done.window}' in the plan")


def _check_series(series: Series, canaries: set[str], place: str) -> None:
    try:
        expand(series.kind)
    except ArgumentError as error:
        raise _Wrong(place + "/kind", str(error)) from None
    if not series.claims:
        raise _Wrong(place + "/claims", f"the series '{series.id}' names no claim that it tests")
    _check_arms(series.arms, series.design, place + "/arms")
    if not 0 < len(series.lags_s) <= MOST_LAGS or min(series.lags_s) < 0:
        raise _Wrong(
            place + "/lags_s", f"'lags_s' should be 1 to {MOST_LAGS} numbers of seconds, none below 0"
        )
    if not 0 < len(series.windows) <= MOST_WINDOWS:
        raise _Wrong(place + "/windows", f"there should be 1 to {MOST_WINDOWS} windows in a series")
    cells = len(series.windows) * len(series.arms) * len(series.lags_s)
    if cells > MOST_CELLS:
        raise _Wrong(
            place + "/windows",
            f"windows times arms times lags of '{series.id}' are {cells:,}; at most {MOST_CELLS:,} can be "
            "judged: register fewer of them",
        )
    _distinct([window.id for window in series.windows], place + "/windows")
    arms = {arm.id for arm in series.arms}
    sizes: dict[int, int] = defaultdict(int)
    for number, window in enumerate(series.windows):
        _check_window(window, arms, canaries, f"{place}/windows/{number}")
        sizes[window.block] += 1
    for block, size in sizes.items():
        if size % len(arms):
            raise _Wrong(
                place + "/windows",
                f"block {block} of '{series.id}' has {size} windows; it should have as many of each of the "
                f"{len(arms)} arms",
            )
    _refuse_overlaps(series, place)


def _check_arms(arms: Sequence[Arm], design: str, place: str) -> None:
    _distinct([arm.id for arm in arms], place)
    codes = sorted(arm.code for arm in arms)
    if design == "paired":
        if codes != [0, 1]:
            raise _Wrong(place, "a paired design has two arms, of code 0 (off) and 1 (on)")
    elif not 2 <= len(arms) <= MOST_ARMS or codes[0] < 0 or len(set(codes)) < len(codes):
        raise _Wrong(place, f"there should be 2 to {MOST_ARMS} arms, each of a size (code) of its own")


def _check_window(window: Window, arms: set[str], canaries: set[str], place: str) -> None:
    if window.end <= window.start:
        raise _Wrong(
            place + "/end", f"the window '{window.id}' ends before it starts; put the later time there"
        )
    if window.arm not in arms:
        raise _Wrong(
            place + "/arm", f"the arm '{window.arm}' of the window '{window.id}' is none of the series"
        )
    if absent := sorted(set(window.canaries) - canaries):
        raise _Wrong(place + "/canaries", f"there is no canary '{absent[0]}' in the plan")


def _refuse_overlaps(series: Series, place: str) -> None:
    """Two windows at one time: what was sent then could not be told apart."""
    ordered = sorted(enumerate(series.windows), key=lambda one: (one[1].start, one[1].end))
    for (_, before), (number, after) in pairwise(ordered):
        if after.start < before.end:
            overlap = (before.end - after.start) // NS
            raise _Wrong(
                f"{place}/windows/{number}",
                f"the window '{after.id}' begins {overlap} s before '{before.id}' ends; those of one "
                "series may not overlap: begin it later",
            )


def _distinct(names: Sequence[str], place: str) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            raise _Wrong(f"{place}/{number}", f"the id '{name}' is used twice")
        seen.add(name)


def _as_drawn(document: TrialsDocument) -> bool:
    """Whether each window has the arm that the seed gave it."""
    return all(_drawn(series, str(document.seed)) for series in document.plan.series)


def _drawn(series: Series, seed: str) -> bool:
    windows = [(window.id, window.block) for window in series.windows]
    arms = draw_arms(seed, series.id, windows, [arm.id for arm in series.arms])
    return arms == [window.arm for window in series.windows]
