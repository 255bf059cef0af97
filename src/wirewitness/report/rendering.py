"""The report and the other forms, written into a case folder.

>>> render_report(Path("case"), Language.FR)  # writes case/report.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirewitness.case_custody import CUSTODY, read_intake
from wirewitness.evidence import read_evidence
from wirewitness.kept_inputs import INPUTS
from wirewitness.model.errors import ArgumentError, InputError
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


def render_report(
    folder: Path,
    language: Language,
    *,
    reveal: bool = False,
    output: Path | None = None,
    result: Result | None = None,
) -> Path:
    """Write `report.html` into a case folder (or `output`), whole or not at all, and return its path.

    Private values stay masked unless `reveal`. `result` is the folder's own where it is at hand.
    """
    result = result or read_result(folder)
    times = read_times(folder, (rhythm.destination for rhythm in result.rhythms[:MOST_PLOTS]))
    page = render_page(
        result, Texts(language), Seen(read_evidence(folder), times, read_intake(folder), reveal=reveal)
    )
    return write_whole(_place(folder, output, "report.html"), page)


def render_format(
    folder: Path, language: Language, form: Format, *, reveal: bool = False, output: Path | None = None
) -> Path:
    """Write one form of the case into its folder (or `output`) and return its path.

    `json` is the result itself.
    """
    if form is Format.HTML:
        return render_report(folder, language, reveal=reveal, output=output)
    result, texts = read_result(folder), Texts(language)
    if form is Format.JSON and output is None:
        return folder / form.file
    path = _place(folder, output, form.file)
    match form:
        case Format.JSON:
            text = result.text
        case Format.CSV:
            text = render_csv(result, texts)
        case Format.MD:
            text = render_markdown(result, texts)
        case Format.STIX:
            text = render_stix(result, texts)
        case Format.HAR:
            text = render_har(folder, result, reveal=reveal)
    return write_whole(path, text)


def _place(folder: Path, output: Path | None, name: str) -> Path:
    """Where a form goes; what the audit itself wrote is never written over."""
    if output is None:
        return folder / name
    if output.is_dir():
        raise ArgumentError(f"{output} is a folder; name the file to write, such as {output / name}")
    kept = [folder / own for own in ("result.json", INPUTS, CUSTODY)]
    kept += [*(folder / "tables").glob("*"), *(folder / "evidence").glob("*")]
    if output.resolve() in {path.resolve() for path in kept}:
        raise ArgumentError(f"{output} is part of the audited case; name another file")
    return output


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
