"""Floor 6: the command line. Thin: it reads arguments, calls the floors below and prints.

Exit codes: 0 done (also with odd traffic and partly read input), 2 nothing could be audited or wrong
arguments, 1 our failure. An error is one sentence on standard error; `--debug` adds where it arose.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
import traceback
from typing import TYPE_CHECKING, Annotated, cast

import typer

import wirewitness
from wirewitness.cli.commands import Commands
from wirewitness.cli.terminal import err, shown
from wirewitness.model.errors import Bug, WitnessError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, REFUSED = 0, 1, 2

app = typer.Typer(
    name="wirewitness",
    cls=Commands,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wirewitness {wirewitness.__version__}")
        raise typer.Exit


@app.callback(
    epilog="\b\nExample:\n  wirewitness audit phone.pcapng --keys keys.log --owner owner.toml -o case\n"
    "  xdg-open case/report.html"
)
def wirewitness_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Read what a phone sent; give every claim about it a verdict that anyone can re-check from the bytes."""


_USAGE = cast(
    "type[typer.BadParameter]",
    next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"),
)
"""What a wrong argument raises; it may quote the argument, which may quote a capture."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(100_000)
    try:
        ended = app(args=given, prog_name="wirewitness", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else DONE if end.code is None else REFUSED
    except typer.Abort:
        return FAILED
    except _USAGE as error:
        said = io.StringIO()
        error.show(said)
        for line in said.getvalue().splitlines():
            err().print(shown(line), soft_wrap=True)
        return REFUSED
    except Exception as error:  # noqa: BLE001 - the last net: a person sees a sentence, not a traceback
        code, sentence = _judge(error)
        err().print(shown(f"wirewitness: {sentence}"), soft_wrap=True)
        if "--debug" in given:
            for line in "".join(traceback.format_exception(error)).splitlines():
                err().print(shown(line), soft_wrap=True)
        return code
    return ended if isinstance(ended, int) else DONE


DISK_FULL = os.strerror(errno.ENOSPC)


def _judge(error: Exception) -> tuple[int, str]:
    """The exit code and the one sentence for an error that reached the top."""
    if isinstance(error, WitnessError) and not isinstance(error, Bug):
        return REFUSED, str(error)
    if isinstance(error, OSError):
        return REFUSED, f"{error.filename or 'the system'}: {error.strerror or error}"
    if DISK_FULL in str(error):
        # DuckDB and Arrow tell of it in errors of their own.
        return REFUSED, "the disk is full: nothing was kept; make room, or give another folder with -o"
    return (
        FAILED,
        f"a fault of wirewitness ({type(error).__name__}: {error}); --debug shows where, please report it",
    )
