"""The report and the other forms, written into a case folder.

>>> render_report(Path("case"), Language.FR)  # writes case/report.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirewitness.case_custody import read_intake
from wirewitness.evidence import read_evidence
from wirewitness.model.errors import InputError
from wirewitness.model.result import Result
from wirewitness.report.formats import Format, render_csv, render_har, render_markdown, render_stix
from wirewitness.report.intervals import read_times
from wirewitness.report.page import Seen, render_page
from wirewitness.report.texts import Texts

if TYPE_CHECKING:
    from pathlib import Path

    from wirewitness.report.language import Language


MOST_PLOTS = 40


def read_result(folder: Path) -> Result:
    """The result of a case folder; `InputError` when the folder holds none."""
    path = folder / "result.json"
    try:
        with path.open(encoding="utf-8") as file:
            return Result.read(file, path)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(folder, "this is not the folder of an audit: it holds no result.json") from None
    except OSError as error:
        raise InputError(path, f"cannot be read: {error}") from None


def render_report(folder: Path, language: Language, *, reveal: bool = False) -> Path:
    """Write `report.html` into a case folder, whole or not at all, and return its path.

    Private values stay masked unless `reveal`.
    """
    result = read_result(folder)
    times = read_times(folder, (rhythm.destination for rhythm in result.rhythms[:MOST_PLOTS]))
    page = render_page(
        result, Texts(language), Seen(read_evidence(folder), times, read_intake(folder), reveal=reveal)
    )
    return write_whole(folder / "report.html", page)


def render_format(folder: Path, language: Language, form: Format, *, reveal: bool = False) -> Path:
    """Write one form of the case into its folder and return its path; `json` is the result itself."""
    if form is Format.HTML:
        return render_report(folder, language, reveal=reveal)
    result, texts = read_result(folder), Texts(language)
    path = folder / form.file
    match form:
        case Format.JSON:
            return path
        case Format.CSV:
            text = render_csv(result)
        case Format.MD:
            text = render_markdown(result, texts)
        case Format.STIX:
            text = render_stix(result, texts)
        case Format.HAR:
            text = render_har(folder, result, reveal=reveal)
    return write_whole(path, text)


def write_whole(path: Path, text: str) -> Path:
    """Write a file, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, "utf-8", newline="")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(path, f"cannot be written: {error.strerror or error}") from None
    return path
