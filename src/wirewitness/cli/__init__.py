"""Floor 6: the command line. Thin: it reads arguments, calls the floors below and prints.

Exit codes: 0 done (also with odd traffic and partly read input), 2 nothing could be audited or wrong
arguments, 1 our failure. An error is one sentence on standard error; `--debug` adds where it arose.
"""

from __future__ import annotations

import errno
import gc
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
from wirewitness.cli.new_command import claims, new
from wirewitness.cli.plan_command import plan
from wirewitness.cli.report_command import report
from wirewitness.cli.serve_command import serve
from wirewitness.cli.show_command import show
from wirewitness.cli.terminal import err, shown
from wirewitness.model.errors import Bug, WitnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


_COMMANDS: tuple[tuple[str, Callable[..., None], str, tuple[str, ...]], ...] = (
    (
        "audit",
        audit,
        "Find what left the phone; judge claims.",
        (
            "audit phone.pcapng --keys keys.log --owner owner.toml -o case",
            "audit --case case.toml -o case --lang fr",
        ),
    ),
    ("show", show, "Print the bytes of an exposure with the decoding steps.", ("show case 3f2a",)),
    (
        "report",
        report,
        "Write the report anew, in another language or form.",
        ("report case --lang zh", "report case --format csv"),
    ),
    (
        "seal",
        seal,
        "Put a case and all it rests on into one sealed file.",
        (
            "seal case -o case.zip --by 'Test lab' --attach settings.jpg",
            "seal case -o case.zip --sign ~/.ssh/id_ed25519",
        ),
    ),
    (
        "verify",
        verify,
        "Check a sealed file offline and audit it again.",
        ("verify case.zip", "verify case.zip --signer lab.pub --json"),
    ),
    (
        "redact",
        redact,
        "Make a copy that shows chosen findings only.",
        ("redact case.zip -o part.zip --keep C1 --keep 3f2a",),
    ),
    (
        "new",
        new,
        "Write a commented case file from a few answers.",
        ("new --vendor Vendor --host '*.vendor.example' --claims C1,V2 -o case",),
    ),
    ("claims", claims, "Print the library of claims.", ("claims --lang fr",)),
    ("check", check, "Say what of a case cannot be tested yet.", ("check case/case.toml",)),
    ("compare", compare, "Tell what changed between two audits.", ("compare before-update after-update",)),
    (
        "plan",
        plan,
        "Plan randomised trials: canaries, schedule, checklist.",
        ("plan --claims C1,V2 --start 2014-07-21T06:00:00Z -o trials",),
    ),
    (
        "mark",
        mark,
        "Append an event to the log, with the time.",
        ("mark backup=off --note owner", "mark window=T-photo-01 --trials trials/trials.json"),
    ),
    (
        "serve",
        serve,
        "Open the local page in the browser.",
        ("serve", "serve case other-case --port 8080"),
    ),
    ("demo", demo, "Play the case of 2014 in four worlds and judge it.", ("demo -o demo --lang fr",)),
    ("doctor", doctor, "Check the installation.", ("doctor --json",)),
)
"""Every command: its name, what runs, one line of help, and examples (the words after `wirewitness`)."""


def _examples(examples: Sequence[str]) -> str:
    lines = "".join(f"\n  wirewitness {one}" for one in examples)
    return f"\b\nExample{'s' if len(examples) > 1 else ''}:{lines}"


for _name, _run, _help, _shown in _COMMANDS:
    app.command(_name, short_help=_help, epilog=_examples(_shown))(_run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # What is imported by now stays; walking it again and again cost a tenth of an audit.
    gc.freeze()
    gc.set_threshold(100_000)
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
