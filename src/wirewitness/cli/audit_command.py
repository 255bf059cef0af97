"""`wirewitness audit`: captures in, an audited case folder and its report out."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from wirewitness.case import audit as audit_case
from wirewitness.case_inputs import Given
from wirewitness.case_live import LiveDecoder, follow_recording
from wirewitness.cli.live_capture import STDIN, check_before, take_live
from wirewitness.cli.options import By, Debug, Json, Lang, Quiet, Verbose, Where
from wirewitness.cli.terminal import err, now, out, progress_bar, shown, texts_for
from wirewitness.cli.verdict_table import destination_table, exposure_table, verdict_table
from wirewitness.model.custody import Custody
from wirewitness.model.errors import ArgumentError
from wirewitness.model.reason import Note
from wirewitness.report.rendering import render_report
from wirewitness.report.words import device_name, recorded_days

if TYPE_CHECKING:
    from wirewitness.model.result import Result
    from wirewitness.report.texts import Texts


def audit(
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder to write; it must not exist yet.",
            show_default=False,
        ),
    ],
    # `readable=False`: our own sentence tells of a file that may not be read, not typer's page of usage.
    captures: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="CAPTURE",
            readable=False,
            help="pcap or pcapng files, also compressed; HAR, mitmproxy flows, logs of Zeek and others; "
            "a folder stands for the captures in it, - for a capture from standard input. "
            "Not needed when the case file names them.",
            show_default=False,
        ),
    ] = None,
    keys: Annotated[
        list[Path] | None,
        typer.Option(
            "--keys",
            metavar="FILE",
            readable=False,
            help="TLS key log (SSLKEYLOGFILE) or RSA private key (PEM); may be given again.",
            show_default=False,
        ),
    ] = None,
    owner: Annotated[
        Path | None,
        typer.Option(
            "--owner",
            metavar="OWNER.toml",
            readable=False,
            help="The owner's private values to look for.",
            show_default=False,
        ),
    ] = None,
    case: Annotated[
        Path | None,
        typer.Option(
            "--case",
            metavar="CASE.toml",
            readable=False,
            help="Claims, consent, events and controls; may name captures, keys and owner.",
            show_default=False,
        ),
    ] = None,
    phone: Annotated[
        list[str] | None,
        typer.Option(
            "--phone", metavar="ADDRESS", help="Address of the phone; may be given again.", show_default=False
        ),
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option(
            "--also",
            metavar="DIR",
            help="An independent audit of the same claims, to be judged together; may be given again.",
            show_default=False,
        ),
    ] = None,
    by: By = "",
    where: Where = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier audit in DIR.")] = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Find what left the phone, to whom, and what could not be seen; judge the claims of a case file.

    DIR then holds result.json, tables/*.parquet and report.html, one page that opens without a network.
    """
    texts = texts_for(lang)
    if not captures and case is None:
        raise ArgumentError(
            "nothing to audit: name a capture, or a case file that names some (--case CASE.toml)"
        )
    paths = captures or []
    live = paths.count(STDIN)
    if live > 1:
        raise ArgumentError("'-' stands for standard input and can be given once")
    if live:
        check_before(output, case, owner, force=force)
    with progress_bar(texts, wanted=not quiet) as progress, ExitStack() as stack:
        following: LiveDecoder | None = None
        if live:
            given = Given(tuple(paths), tuple(keys or []), owner, case, tuple(phone or []))
            following = stack.enter_context(follow_recording(given, output.parent))
            paths[paths.index(STDIN)] = take_live(
                sys.stdin.buffer, output, progress, lambda path: _tell(path, texts, quiet=quiet), following
            )
        result = audit_case(
            paths,
            output,
            keys=keys or [],
            owner=owner,
            case=case,
            phone=phone or [],
            also=also or [],
            custody=Custody(now(), by, where),
            force=force,
            progress=progress,
            live=following,
            finish=lambda folder, result: render_report(folder, texts.language, result=result),
        )
    page = output / "report.html"
    for note in result.notes:
        if note.code in (Note.CAPTURE_UNREADABLE.value, Note.KEYS_EMPTY.value):
            err().print(shown(f"wirewitness: {texts.remark(Note, note)}"), soft_wrap=True)
    if as_json:
        typer.echo(result.text, nl=False)
    elif not quiet:
        print_summary(result, page, texts, verbose=verbose)


def _tell(path: Path, texts: Texts, *, quiet: bool) -> None:
    if not quiet:
        err().print(shown(texts("cli.recording", path=path)), soft_wrap=True)


def print_summary(result: Result, page: Path, texts: Texts, *, verbose: bool = False) -> None:
    """Device and dates, verdicts, what was not seen, exposures, and where the report is."""
    console = out()
    console.print(shown(f"{device_name(result, texts)} · {recorded_days(result, texts)}", "bold"))
    if result.verdicts:
        console.print(verdict_table(result, texts))
    else:
        console.print(Text(texts("cli.no_claims"), style="dim"))
    coverage = result.coverage
    unsized = sum(one.flows for one in coverage.opaque if one.reason == "size_unknown")
    if coverage.up_bytes:
        readable = texts.figures.percent(coverage.readable_up_bytes, coverage.up_bytes)
        console.print(
            Text(texts("cli.unread", readable=readable, total=texts.figures.size(coverage.up_bytes)))
        )
    elif not unsized:
        console.print(Text(texts("cli.nothing_sent")))
    if unsized:
        console.print(Text(texts("cli.unsized", count=unsized)))
    if result.exposures:
        console.print(exposure_table(result, texts))
        console.print(
            shown(texts("cli.show_hint", folder=page.parent, id=result.exposures[0].id), "dim"),
            soft_wrap=True,
        )
    else:
        console.print(Text(texts("cli.no_exposure")))
    if verbose:
        console.print(destination_table(result, texts))
        for remark in result.notes:
            console.print(shown(f"· {texts.remark(Note, remark)}"))
    console.print(shown(texts("cli.report", path=page)), soft_wrap=True)
