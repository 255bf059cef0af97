"""`wirewitness seal`, `verify` and `redact`: the evidence bundle at the command line."""

from __future__ import annotations

import os
import secrets
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from wirewitness.bundle import Stamp, redact_bundle, seal_case, verify_bundle
from wirewitness.bundle.signature import load_private
from wirewitness.bundle.timestamp import make_request
from wirewitness.cli.options import By, Debug, Folder, Json, Lang, Quiet, Where
from wirewitness.cli.terminal import err, now, out, print_json, progress_bar, shown, texts_for
from wirewitness.model.custody import Custody
from wirewitness.model.errors import ArgumentError, InputError

if TYPE_CHECKING:
    from wirewitness.bundle import Sealed, Verified
    from wirewitness.report.texts import Texts

PASSPHRASE = "WIREWITNESS_PASSPHRASE"  # noqa: S105 - the name of a variable
_WAIT_S = 30
_TOKEN_BYTES = 1 << 20

Bundle = Annotated[
    Path, typer.Argument(metavar="BUNDLE.zip", readable=False, help="A bundle.", show_default=False)
]
Zip = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="FILE.zip", help="File to write; new.", show_default=False),
]


def seal(
    *,
    folder: Folder,
    output: Zip,
    attach: Annotated[
        list[Path] | None,
        typer.Option(
            "--attach",
            metavar="FILE",
            readable=False,
            help="Photograph of a setting, agreement ...; may be given again; a folder stands for its files.",
            show_default=False,
        ),
    ] = None,
    by: By = "",
    where: Where = "",
    sign: Annotated[
        Path | None,
        typer.Option(
            "--sign",
            metavar="KEY",
            readable=False,
            help=f"Ed25519 private key of OpenSSH; its passphrase, if any, in {PASSPHRASE}.",
            show_default=False,
        ),
    ] = None,
    timestamp: Annotated[
        str | None,
        typer.Option(
            "--timestamp",
            metavar="URL",
            help="Ask this RFC 3161 authority for a timestamp; the only time that a connection is opened.",
            show_default=False,
        ),
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Put a case folder and all that its audit read into one file that nobody can change unnoticed.

    The file is a BagIt bag (RFC 8493) in a zip: untouched captures, keys, owner and case file, events,
    results, attachments, SHA-256 manifests. It holds private values and TLS keys: keep it closed, and hand on
    a redacted copy. Unpacked, `sha256sum -c manifest-sha256.txt` and `ssh-keygen -Y verify` check it without
    wirewitness.
    """
    texts = texts_for(lang)
    phrase = os.environ.get(PASSPHRASE)
    done = seal_case(
        folder,
        output,
        custody=Custody(now(), by, where),
        secret=secrets.token_bytes(32),
        attachments=attach or (),
        key=load_private(sign, phrase.encode() if phrase else None) if sign else None,
        stamp=Stamp(timestamp, lambda tags: ask_authority(timestamp, make_request(tags)))
        if timestamp
        else None,
    )
    _tell_sealed(done, texts, as_json=as_json, quiet=quiet)


def verify(
    *,
    bundle: Bundle,
    signer: Annotated[
        Path | None,
        typer.Option(
            "--signer",
            metavar="KEY.pub",
            readable=False,
            help="Refuse a bundle that this key did not sign.",
            show_default=False,
        ),
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option(
            "--authority",
            metavar="CERT.pem",
            readable=False,
            help="Root certificate of the timestamp authority that you trust.",
            show_default=False,
        ),
    ] = None,
    hashes_only: Annotated[
        bool, typer.Option("--hashes-only", help="Do not audit again; check the bytes alone.")
    ] = False,
    work: Annotated[
        Path | None,
        typer.Option("--work", metavar="DIR", help="Where to unpack while auditing.", show_default=False),
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Check every byte of a bundle offline, audit its captures again and compare every finding.

    A bundle that was changed is refused with the name of the file. The exit code is 2 when it is refused or a
    finding is not derived again.
    """
    texts = texts_for(lang)
    with progress_bar(texts, wanted=not (quiet or as_json)) as progress:
        done = verify_bundle(
            bundle, signer=signer, authority=authority, rerun=not hashes_only, work=work, progress=progress
        )
    if as_json:
        print_json(_as_json(done))
    elif not quiet:
        _print(done, texts)
    if done.rerun is not None and done.rerun.differences:
        raise typer.Exit(2)


def redact(
    *,
    bundle: Bundle,
    output: Zip,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="FINDING",
            help="A claim, or the id of an exposure (or its beginning); may be given again.",
            show_default=False,
        ),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            "--row",
            metavar="TABLE:NUMBER",
            help="A row of a table, counted from 1 (message:17); may be given again.",
            show_default=False,
        ),
    ] = None,
    by: By = "",
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Make a copy that shows chosen findings and proves that they belong to the sealed bundle.

    Captures, keys, the owner's values and all other findings and rows stay behind; what was left out cannot
    be guessed.
    """
    texts = texts_for(lang)
    rows = [_row(words) for words in row or ()]
    done = redact_bundle(bundle, output, keep=keep or (), rows=rows, custody=Custody(now(), by))
    _tell_sealed(done, texts, as_json=as_json, quiet=quiet)


def _row(words: str) -> tuple[str, int]:
    table, colon, number = words.partition(":")
    if not colon or not number.isdecimal():
        raise ArgumentError(f"--row {words}: write a table and the row's number, such as message:17")
    return table, int(number)


def ask_authority(url: str, request: bytes) -> bytes:
    """The answer of a timestamp authority (RFC 3161, section 3.4)."""
    if not url.startswith(("http://", "https://")):
        raise ArgumentError("--timestamp should be an address that begins with http:// or https://")
    question = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, data=request, headers={"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(question, timeout=_WAIT_S) as answer:  # noqa: S310 - as above
            data: bytes = answer.read(_TOKEN_BYTES)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise InputError(url, f"gave no timestamp: {getattr(error, 'reason', error)}") from None
    return data


def _tell_sealed(done: Sealed, texts: Texts, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        document = {
            "bundle": str(done.path),
            "seal": done.seal,
            "sealed_bundle": done.origin,
            "files": done.files,
            "bytes": done.bytes,
            "findings": done.findings,
            "signed_by": done.fingerprint,
            "private_keys": list(done.private_keys),
        }
        print_json(document)
    elif not quiet:
        console = out()
        sizes = {"size": texts.figures.size(done.bytes), "n": done.files, "findings": done.findings}
        console.print(shown(texts("cli.bundle.written", path=done.path, **sizes)), soft_wrap=True)
        key = "cli.bundle.seal_of" if done.origin else "cli.bundle.seal"
        console.print(shown(texts(key, seal=done.origin or done.seal)), soft_wrap=True)
        if done.origin:
            return  # a copy is not signed itself: it carries the sealed bundle's signature
        console.print(shown(_signature_words(done.fingerprint, texts)), soft_wrap=True)
    for member in done.private_keys:
        err().print(shown(f"wirewitness: {texts('cli.bundle.private_key', member=member)}"), soft_wrap=True)


def _print(done: Verified, texts: Texts) -> None:
    console = out()

    def say(key: str, **values: object) -> None:
        console.print(shown(texts(key, **values)), soft_wrap=True)

    say("cli.bundle.whole", n=done.files, size=texts.figures.size(done.bytes))
    say("cli.bundle.seal" if done.sort == "sealed" else "cli.bundle.seal_of", seal=done.seal)
    console.print(shown(_signature_words(done.signer, texts, known=done.known)), soft_wrap=True)
    if done.stamped is None:
        say("cli.bundle.unstamped")
    else:
        key = "cli.bundle.stamped" if done.stamped.trusted else "cli.bundle.stamped_unknown"
        authority = done.info.get("Timestamp-Authority", "")
        say(key, time=f"{done.stamped.time:%Y-%m-%d %H:%M:%S} UTC", authority=authority)
    received = {
        name: done.info.get(f"Captures-Received-{name.title()}", "") for name in ("at", "by", "where")
    }
    if received["at"]:
        say("cli.bundle.taken_in", **received)
    say("cli.bundle.committed", shown=done.shown, total=done.committed)
    if done.sort == "redacted" and done.rows:
        say("cli.bundle.rows", n=done.rows)
    if done.sort == "redacted":
        say("cli.bundle.redacted")
    elif done.rerun is None:
        say("cli.bundle.not_again")
    elif not done.rerun.differences:
        say("cli.bundle.again", n=done.rerun.findings)
    else:
        say("cli.bundle.not_the_same", n=len(done.rerun.differences))
        for difference in done.rerun.differences:
            console.print(Text("  ").append_text(shown(difference)), soft_wrap=True)


def _signature_words(fingerprint: str | None, texts: Texts, *, known: bool = False) -> str:
    if fingerprint is None:
        return texts("cli.bundle.unsigned")
    return texts("cli.bundle.signed" if known else "cli.bundle.signed_unknown", key=fingerprint)


def _as_json(done: Verified) -> dict[str, object]:
    return {
        "bundle": str(done.path),
        "kind": done.sort,
        "seal": done.seal,
        "files": done.files,
        "bytes": done.bytes,
        "signed_by": done.signer,
        "signer_is_the_expected_one": done.known,
        "timestamp": done.stamped.time.isoformat() if done.stamped else None,
        "timestamp_authority_trusted": bool(done.stamped and done.stamped.trusted),
        "captures_received": {
            name: done.info.get(f"Captures-Received-{name.title()}") for name in ("at", "by", "where")
        },
        "findings_shown": done.shown,
        "findings_committed": done.committed,
        "rows_shown": done.rows,
        "audited_again": done.rerun is not None,
        "differences": list(done.rerun.differences) if done.rerun else [],
    }
