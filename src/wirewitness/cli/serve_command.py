"""`wirewitness serve`: the local page, a program of its own that this one starts."""

from __future__ import annotations

import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from wirewitness.cli.options import Debug, Json, Lang
from wirewitness.cli.terminal import texts_for
from wirewitness.model.errors import ArgumentError


def serve(
    *,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR", help="Folders of audits to show.", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.")] = 0,
    work: Annotated[
        Path | None,
        typer.Option(
            "--work",
            metavar="DIR",
            help="Where uploads and new audits go.",
            show_default="a new one in the temporary folder",
        ),
    ] = None,
    max_upload: Annotated[
        int, typer.Option("--max-upload", metavar="BYTES", help="Bound on the files of one audit.")
    ] = 20 << 30,
    lang: Lang = None,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Open the local page: audit by hand, read reports, explore tables, compare cases, mark events.

    It listens on 127.0.0.1 only. The address that it prints holds a random token: whoever has it may see the
    cases. Stop it with Ctrl+C.
    """
    texts = texts_for(lang)
    if find_spec("uvicorn") is None or find_spec("starlette") is None:
        raise ArgumentError("the local page is not installed: pip install 'wirewitness[web]'")
    command = [sys.executable, "-m", "wirewitness.web", *map(str, folders or ())]
    command += ["--port", str(port), "--max-upload", str(max_upload), "--lang", texts.language.value]
    if work is not None:
        command += ["--work", str(work)]
    if as_json:
        command.append("--json")
    with subprocess.Popen(command) as page:
        # Whoever ends this program ends the page: it is not left listening.
        signal.signal(signal.SIGTERM, lambda *_: page.terminate())
        try:
            code = page.wait()
        except KeyboardInterrupt:
            page.terminate()
            code = 0
    raise typer.Exit(0 if code == -signal.SIGTERM else code)
