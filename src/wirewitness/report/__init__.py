"""Floor 5: a case folder becomes something to read. Pure functions of the folder; no clock, no network.

>>> render_report(Path("case"), Language.FR)  # writes case/report.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirewitness.model.errors import InputError
from wirewitness.model.result import Result
from wirewitness.report.page import render_page
from wirewitness.report.texts import Texts

if TYPE_CHECKING:
    from pathlib import Path

    from wirewitness.report.language import Language


def read_result(folder: Path) -> Result:
    """The result of a case folder; `InputError` when the folder holds none."""
    path = folder / "result.json"
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(folder, "this is not the folder of an audit: it holds no result.json") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"cannot be read: {error}") from None
    return Result.from_text(text, path)


def render_report(folder: Path, language: Language) -> Path:
    """Write `report.html` into a case folder, whole or not at all, and return its path."""
    page = render_page(read_result(folder), Texts(language))
    path = folder / "report.html"
    part = folder / ".report.html.part"
    try:
        part.write_text(page, "utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(path, f"cannot be written: {error.strerror or error}") from None
    return path
