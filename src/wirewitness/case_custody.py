"""`custody.json` of a case folder: which captures came in when, by whom and where, told by their hashes.

It stands apart from result.json: the same captures give the same result, whoever takes them in.
"""

from __future__ import annotations

import json
from pathlib import Path

from wirewitness.model.custody import FORMAT, Custody, Intake, TakenIn
from wirewitness.model.decoding import CaptureInfo
from wirewitness.model.errors import InputError
from wirewitness.model.json_form import from_json, to_json
from wirewitness.model.json_text import json_text

CUSTODY = "custody.json"


def take_in(captures: tuple[CaptureInfo, ...], custody: Custody, earlier: Intake | None) -> Intake:
    """The intake of captures that were just hashed; one that came in `earlier` keeps its first record."""
    known = {one.sha256: one for one in (earlier.captures if earlier else ())}
    return Intake(
        FORMAT,
        tuple(
            known.get(info.sha256)
            or TakenIn(info.path.name, info.sha256, info.bytes, custody.time, custody.by, custody.where)
            for capture in captures
            for info in capture.files
        ),
    )


def intake_text(intake: Intake) -> str:
    """The file's text."""
    return json_text(to_json(intake))


def read_intake(folder: Path) -> Intake | None:
    """The intake that a case folder keeps; None when nobody stated any."""
    path = folder / CUSTODY
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    return intake_of(text, path)


def intake_of(text: str, path: Path) -> Intake:
    """The intake that a text holds; `InputError` names `path` where it holds none."""
    try:
        intake = from_json(Intake, json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"is no record of custody: {error}") from None
    if intake.format != FORMAT:
        raise InputError(path, f"is not of format {FORMAT}")
    return intake
