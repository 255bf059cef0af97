"""Floor 6: the command line. Thin: it reads arguments, calls the floors below and prints.

Exit codes: 0 done (also with odd traffic and partly read input), 2 nothing could be audited or wrong
arguments, 1 our failure. An error is one sentence on standard error; `--debug` adds where it arose.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import TYPE_CHECKING, Annotated

import typer

import wirewitness
from wirewitness.cli.audit_command import audit
from wirewitness.cli.bundle_commands import redact, seal, verify
from wirewitness.cli.check_command import check
from wirewitness.cli.compare_command import compare
from wirewitness.cli.demo_command import demo
from wirewitness.cli.doctor_command import doctor
from wirewitness.cli.mark_command import mark
from wirewitness.cli.new_command import library, new
from wirewitness.cli.plan_command import plan
from wirewitness.cli.report_command import report
from wirewitness.cli.serve_command import serve
from wirewitness.cli.show_command import show
from wirewitness.cli.terminal import err, shown
from wirewitness.model.errors import Bug, WitnessError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, REFUSED = 0, 1, 2

app = typer.Typer(
    name="wirewitness",
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


app.command(
    short_help="Find what left the phone; judge claims.",
    epilog="\b\nExamples:\n  wirewitness audit phone.pcapng --keys keys.log --owner owner.toml -o case\n"
    "  wirewitness audit --case case.toml -o case --lang fr",
)(audit)
app.command(
    short_help="Print the bytes of an exposure with the decoding steps.",
    epilog="\b\nExample:\n  wirewitness show case 3f2a",
)(show)
app.command(
    short_help="Write the report anew, in another language or form.",
    epilog="\b\nExamples:\n  wirewitness report case --lang zh\n  wirewitness report case --format csv",
)(report)
app.command(
    short_help="Put a case and all it rests on into one sealed file.",
    epilog="\b\nExamples:\n  wirewitness seal case -o case.zip --by 'Test lab' --attach settings.jpg\n"
    "  wirewitness seal case -o case.zip --sign ~/.ssh/id_ed25519",
)(seal)
app.command(
    short_help="Check a sealed file offline and audit it again.",
    epilog="\b\nExamples:\n  wirewitness verify case.zip\n"
    "  wirewitness verify case.zip --signer lab.pub --json",
)(verify)
app.command(
    short_help="Make a copy that shows chosen findings only.",
    epilog="\b\nExample:\n  wirewitness redact case.zip -o part.zip --keep C1 --keep 3f2a",
)(redact)
app.command(
    short_help="Write a commented case file from a few answers.",
    epilog="\b\nExample:\n  wirewitness new --vendor Vendor --host '*.vendor.example' --claims C1,V2 -o case",
)(new)
app.command(
    "claims",
    short_help="Print the library of claims.",
    epilog="\b\nExample:\n  wirewitness claims --lang fr",
)(library)
app.command(
    short_help="Say what of a case cannot be tested yet.",
    epilog="\b\nExample:\n  wirewitness check case/case.toml",
)(check)
app.command(
    short_help="Tell what changed between two audits.",
    epilog="\b\nExample:\n  wirewitness compare before-update after-update",
)(compare)
app.command(
    short_help="Plan randomised trials: canaries, schedule, checklist.",
    epilog="\b\nExample:\n  wirewitness plan --claims C1,V2 --start 2014-07-21T06:00:00Z -o trials",
)(plan)
app.command(
    short_help="Append an event to the log, with the time.",
    epilog="\b\nExamples:\n  wirewitness mark backup=off --note owner\n"
    "  wirewitness mark window=T-photo-01 --trials trials/trials.json",
)(mark)
app.command(
    short_help="Open the local page in the browser.",
    epilog="\b\nExamples:\n  wirewitness serve\n  wirewitness serve case other-case --port 8080",
)(serve)
app.command(
    short_help="Play the case of 2014 in four worlds and judge it.",
    epilog="\b\nExample:\n  wirewitness demo -o demo --lang fr",
)(demo)
app.command(short_help="Check the installation.", epilog="\b\nExample:\n  wirewitness doctor --json")(doctor)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=given, prog_name="wirewitness")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else DONE if end.code is None else REFUSED
    except Exception as error:  # noqa: BLE001 - the last net: a person sees a sentence, not a traceback
        code, sentence = _judge(error)
        err().print(shown(f"wirewitness: {sentence}"), soft_wrap=True)
        if "--debug" in given:
            for line in "".join(traceback.format_exception(error)).splitlines():
                err().print(shown(line), soft_wrap=True)
        return code
    return DONE


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
