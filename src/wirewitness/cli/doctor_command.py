"""`wirewitness doctor`: what is installed, how old the databases are, and what is missing."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING

import typer
from rich.text import Text

import wirewitness
from wirewitness.cli.options import Debug, Json, Lang
from wirewitness.cli.terminal import out, print_json, shown, texts_for

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEEDED = ("duckdb", "pyarrow", "jinja2", "maxminddb", "phonenumbers", "publicsuffixlist", "rich", "typer")
_OPTIONAL = {
    "wirelab": "wirewitness demo",
    "uvicorn": "wirewitness serve",
    "pandas": "tables in Python",
    "polars": "tables in Python",
    "pillow_heif": "HEIC/AVIF",
}


@dataclass(frozen=True)
class Finding:
    """One line: what, its version or date, and whether something that is needed is missing."""

    part: str
    state: str
    well: bool


def doctor(lang: Lang = None, as_json: Json = False, debug: Debug = False) -> None:  # noqa: ARG001 - main() looks for it
    """Check the installation: versions, dates of the databases, optional parts.

    The exit code is 1 when something that is needed is missing.
    """
    texts = texts_for(lang)
    absent = texts("cli.doctor.absent")
    findings = list(examine(absent))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        console = out()
        for finding in findings:
            mark = Text("✓ ", style="cyan") if finding.well else Text("✗ ", style="bold magenta")
            console.print(mark.append(f"{finding.part}: ").append_text(shown(finding.state)))
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def examine(absent: str) -> Iterator[Finding]:
    """Look at every part; `absent` is the word for one that is not there."""
    yield Finding("wirewitness", wirewitness.__version__, well=True)
    yield Finding("Python", platform.python_version(), well=True)
    core = find_spec("wirewitness._core") is not None
    yield Finding("core", platform.machine() if core else absent, well=core)
    for name in _NEEDED:
        found = _version(name)
        yield Finding(name, found or absent, well=found is not None)
    data = files("wirewitness").joinpath("data")
    for database in json.loads(data.joinpath("SOURCES.json").read_text("utf-8")):
        there = data.joinpath(database["file"]).is_file()
        yield Finding(
            database["name"], f"{database['date']}, {database['licence']}" if there else absent, well=there
        )
    for name, purpose in _OPTIONAL.items():
        there = find_spec(name) is not None
        yield Finding(f"{name} ({purpose})", (_version(name) or "✓") if there else absent, well=True)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
