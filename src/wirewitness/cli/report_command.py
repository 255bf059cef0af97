"""`wirewitness report`: the page of an audited case anew, perhaps in another language."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from wirewitness.cli.options import Debug, Folder, Json, Lang, Quiet
from wirewitness.cli.terminal import out, shown, texts_for
from wirewitness.report import render_report


def report(
    *,
    folder: Folder,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show private values in the bytes; else they are masked.")
    ] = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Write DIR/report.html anew from DIR/result.json, for example in another language."""
    texts = texts_for(lang)
    path = render_report(folder, texts.language, reveal=reveal)
    if as_json:
        typer.echo(json.dumps({"report": str(path), "language": texts.language.value}))
    elif not quiet:
        out().print(shown(texts("cli.report", path=path)), soft_wrap=True)
