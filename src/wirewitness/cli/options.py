"""The options that several commands share, named once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wirewitness.report.language import Language


def _languages() -> list[str]:
    """For a shell's completion."""
    return [one.value for one in Language]


Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|fr|zh",
        help="Language of the report and the tables; else that of LANG.",
        show_default=False,
        autocompletion=_languages,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print more: destinations and notes.")]
Debug = Annotated[bool, typer.Option("--debug", help="On an error show where it arose.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does this; it is kept and sealed.")]
Where = Annotated[str, typer.Option("--where", metavar="PLACE", help="Where it is done; kept and sealed.")]
Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder that an audit wrote.", show_default=False)
]
