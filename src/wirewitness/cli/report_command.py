"""`wirewitness report`: an audited case anew, as a page in another language or in another form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wirewitness.cli.options import Debug, Folder, Json, Lang, Quiet
from wirewitness.cli.terminal import out, print_json, shown, texts_for
from wirewitness.report.formats import Format
from wirewitness.report.rendering import render_format


def report(
    *,
    folder: Folder,
    form: Annotated[
        Format, typer.Option("--format", help="A page, the result, a time line, or a form for other tools.")
    ] = Format.HTML,
    reveal: Annotated[
        bool,
        typer.Option("--reveal", help="Show private values: bytes in the page, headers and bodies in a HAR."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="File to write; else it lies in DIR.", show_default=False
        ),
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Write a case anew: DIR/report.html, perhaps in another language, or another form beside it.

    html: the page · json: result.json, as the schema says · csv: a time line for spreadsheets · md: Markdown
    for a forum or an issue · stix: STIX 2.1 · har: the readable HTTP traffic. With -o FILE it goes there.
    """
    texts = texts_for(lang)
    path = render_format(folder, texts.language, form, reveal=reveal, output=output)
    if as_json:
        print_json({"report": str(path), "format": form.value, "language": texts.language.value})
    elif not quiet:
        out().print(shown(texts("cli.report", path=path)), soft_wrap=True)
