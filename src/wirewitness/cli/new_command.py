"""`wirewitness new`: a commented case file from a few questions, or from options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wirewitness.cli.options import By, Debug, Json, Lang, Quiet, Where
from wirewitness.cli.terminal import out, print_json, shown, texts_for
from wirewitness.judge.case_reader import read_case
from wirewitness.judge.case_text import Answers, case_text, claim_library
from wirewitness.judge.events_log import HEADER
from wirewitness.model.errors import ArgumentError

if TYPE_CHECKING:
    from wirewitness.report.texts import Texts

_FILES = {"case": "case.toml", "owner": "owner.toml", "events": "events.csv"}
OWNER = """\
# The owner's private values; they stay on this computer and are in no result.
format = "wirewitness-owner/1"

# [[fact]]
# id = "imei"
# kind = "identifier.imei"
# value = "490154203237518"
#
# [[fact]]
# id = "photo:1"
# kind = "photo"
# file = "photos/1.jpg"
"""


def new(
    *,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Folder for the case.", show_default=False),
    ],
    vendor: Annotated[
        str | None, typer.Option("--vendor", help="Who made the phone.", show_default=False)
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Its model.", show_default=False)] = None,
    build: Annotated[str | None, typer.Option("--build", help="Its build.", show_default=False)] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Recipient, such as *.vendor.example; may be given again.",
            show_default=False,
        ),
    ] = None,
    capture: Annotated[
        list[Path] | None,
        typer.Option("--capture", metavar="FILE", help="May be given again.", show_default=False),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="FILE", help="TLS key log of the captures.", show_default=False),
    ] = None,
    by: By = "",
    where: Where = "",
    claims: Annotated[
        str | None,
        typer.Option(
            "--claims",
            metavar="ID,ID",
            help="Claims of the library (`wirewitness claims` prints it); else those of 2014.",
            show_default=False,
        ),
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Write a commented case file, with an owner file and an events log to fill in.

    Asks for what was not given when it runs at a terminal.
    """
    texts = texts_for(lang)
    answers = Answers(
        vendor=_asked(vendor, "vendor", texts),
        model=_asked(model, "model", texts),
        build=_asked(build, "build", texts),
        hosts=tuple(host or _asked(None, "hosts", texts).replace(",", " ").split()),
        captures=_captures(capture, keys, texts),
        claims=_claims(claims),
        taken_by=by,
        taken_where=where,
    )
    _write(output, case_text(answers))
    if as_json:
        files = {name: str(output / file) for name, file in _FILES.items()}
        print_json({**files, "claims": list(answers.claims)})
    elif not quiet:
        out().print(shown(texts("cli.new.made", path=output / "case.toml")), soft_wrap=True)


def claims(*, lang: Lang = None, as_json: Json = False, debug: Debug = False) -> None:  # noqa: ARG001 - main() looks for it
    """Print the claims of the library that `wirewitness new` can write into a case."""
    texts = texts_for(lang)
    if as_json:
        print_json(claim_library())
        return
    for name, row in claim_library().items():
        sentence = row["text"].get(texts.language.value, row["text"]["en"])
        out().print(shown(f"{name:>3}  {sentence}"), soft_wrap=True)


def _asked(given: str | None, what: str, texts: Texts) -> str:
    if given is not None or not sys.stdin.isatty():
        return given or ""
    return str(typer.prompt(texts(f"cli.new.ask_{what}"), default="", show_default=False))


def _captures(given: list[Path] | None, keys: Path | None, texts: Texts) -> tuple[tuple[str, str], ...]:
    paths = [str(path.resolve()) for path in given or []]
    if not paths:
        paths = [str(Path(one).resolve()) for one in _asked(None, "captures", texts).split()]
    for path in paths:
        if not Path(path).exists():
            raise ArgumentError(f"the capture {path} does not exist")
    if keys is not None and not keys.exists():
        raise ArgumentError(f"the key log {keys} does not exist")
    return tuple((path, str(keys.resolve()) if keys is not None else "") for path in paths)


def _claims(given: str | None) -> tuple[str, ...]:
    if given is None:
        return tuple(name for name in claim_library() if not name.startswith("G"))
    return tuple(one.strip() for one in given.split(",") if one.strip())


def _write(folder: Path, text: str) -> None:
    path = folder / _FILES["case"]
    if path.exists():
        raise ArgumentError(f"{path} exists already; give another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((_FILES["owner"], OWNER), (_FILES["events"], ",".join(HEADER) + "\n")):
        if not (folder / name).exists():
            (folder / name).write_text(content, encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    read_case(path)  # what is written here can be read, or it is our bug
