"""`wirewitness show`: the bytes of one exposure with the decoding steps, derived again from the capture."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from wirewitness.cli.hexview import hex_view, text_view
from wirewitness.cli.options import Debug, Folder, Json, Lang
from wirewitness.cli.terminal import out, print_json, shown, texts_for
from wirewitness.decode import MessageRef, Stage, rederive, rederive_told
from wirewitness.find.owner_file import read_owner
from wirewitness.judge.audit_export import AuditExport, read_audit_export
from wirewitness.kept_inputs import find_capture, read_kept
from wirewitness.model.errors import ArgumentError, Bug, InputError
from wirewitness.model.json_form import to_json
from wirewitness.report.rendering import read_result
from wirewitness.report.words import confidence_words, place_words, step_words
from wirewitness.sources import find_message, recognise

if TYPE_CHECKING:
    from wirewitness.model.exposure import Exposure
    from wirewitness.model.result import Result
    from wirewitness.report.texts import Texts

_KEPT = 4096


def show(
    *,
    folder: Folder,
    exposure: Annotated[
        str | None,
        typer.Argument(
            metavar="[EXPOSURE]",
            help="Id of the exposure, or its unique beginning; without one all are listed.",
            show_default=False,
        ),
    ] = None,
    capture: Annotated[
        list[Path] | None,
        typer.Option(
            "--capture",
            metavar="FILE",
            readable=False,
            help="Where the capture is now, if it was moved.",
            show_default=False,
        ),
    ] = None,
    keys: Annotated[
        list[Path] | None,
        typer.Option(
            "--keys",
            metavar="FILE",
            readable=False,
            help="Where the key log is now, if it was moved.",
            show_default=False,
        ),
    ] = None,
    audit_export: Annotated[
        Path | None,
        typer.Option(
            "--audit-export",
            metavar="FILE",
            readable=False,
            help="Where the audit export is now.",
            show_default=False,
        ),
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Print the bytes of an exposure, derived again from the capture.

    Each decoding step is shown, from the message as it was sent to the value that was found in it, so that a
    finding need not be believed. This prints private values. Without EXPOSURE it lists what there is, each
    with its id.
    """
    texts = texts_for(lang)
    result = read_result(folder)
    if exposure is None:
        _list(result, texts, as_json=as_json)
        return
    found = find_exposure(result, exposure)
    kept = read_kept(folder)
    audited = next((one for one in result.captures if one.sha256 == found.capture), None)
    if audited is None:
        raise InputError(folder / "result.json", f"names no capture with SHA-256 {found.capture}")
    export_path = audit_export or kept.audit_export
    export = read_audit_export(export_path) if export_path else AuditExport()
    message = MessageRef(
        found.flow,
        found.stream,
        found.message,
        found.from_client,
        found.where,
        found.steps,
    )
    files = find_capture(audited, capture or (), folder)
    if audited.kind == "packets":
        keylogs = [*(_read(one) for one in keys or kept.keys), export.keylog]
        stages = rederive(files, message, keylogs=keylogs, chunk_keys=export.chunk_keys.items())
    else:
        stages = _read_again(files[0], message, export)
    if not stages:
        raise Bug("deriving an exposure again gave nothing")
    if as_json:
        print_json(_as_json(found, stages))
    else:
        _print(found, stages, texts)
        if beside := _beside_the_owners(found, stages, kept.owner, texts):
            out().print(Text(beside, style="dim"), soft_wrap=True)


def _beside_the_owners(found: Exposure, stages: list[Stage], owner: Path | None, texts: Texts) -> str:
    """How the bytes that were found stand to the owner's file; "" where there is none."""
    if found.fact is None or owner is None or not owner.is_file():
        return ""
    fact = next((one for one in read_owner(owner).facts if one.id == found.fact), None)
    if fact is None or fact.file is None or not fact.file.is_file():
        return ""
    theirs = fact.file.read_bytes()
    ours = stages[-1].data[found.range[0] : found.range[1]]
    about = {"file": fact.file.name, "sha256": hashlib.sha256(theirs).hexdigest()}
    if ours == theirs:
        return texts("cli.show.same", **about)
    if (at := theirs.find(ours)) >= 0:
        return texts("cli.show.within", start=at, end=at + len(ours), **about)
    return texts("cli.show.alike", **about) if found.digest.startswith("picture") else ""


def _list(result: Result, texts: Texts, *, as_json: bool) -> None:
    """Every exposure and answer, a line each, in the order of the result."""
    every = (*result.exposures, *result.answers)
    if as_json:
        print_json(to_json(every))
        return
    console = out()
    for one in every:
        where = one.destination or one.address
        line = f"{one.id}  {texts.figures.time(one.time)}  {texts.kind(one.kind)} → {where}"
        console.print(shown(line), soft_wrap=True)
    if not every:
        console.print(Text(texts("cli.no_exposure")))


def _read_again(path: Path, message: MessageRef, export: AuditExport) -> list[Stage]:
    """The stages of a finding in a file that an importer reads; the first says where in it."""
    source = recognise(path)
    told = source and find_message(
        source, message.flow, message.stream, message.number, from_client=message.from_client
    )
    if not told:
        raise InputError(path, "does not hold this message")
    try:
        return rederive_told(told, message, chunk_keys=export.chunk_keys.items())
    except ValueError as error:
        raise InputError(path, str(error)) from None


def find_exposure(result: Result, wanted: str) -> Exposure:
    """The exposure (or answer) with this id, or with an id that only it begins so."""
    every = (*result.exposures, *result.answers)
    fitting = [one for one in every if one.id == wanted] or [
        one for one in every if one.id.startswith(wanted)
    ]
    if len(fitting) != 1:
        why = (
            f"{len(fitting)} exposures begin so; write more of the id"
            if fitting
            else "the result has no such exposure"
        )
        raise ArgumentError(f"exposure '{wanted}': {why}")
    return fitting[0]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            path, f"cannot be read: {error.strerror}; say where it is with --keys FILE"
        ) from None


def _print(found: Exposure, stages: list[Stage], texts: Texts) -> None:
    console = out()
    start, end = found.range
    where = found.destination or found.address
    console.print(
        Text.assemble(
            (texts.kind(found.kind), "bold"),
            " → ",
            shown(where, "bold"),
            f"  {texts.figures.time(found.time)}",
        )
    )
    console.print(shown(f"{found.fact or texts.label('found', found.source)}  ·  {found.id}", "dim"))
    if found.guessed:
        words = confidence_words(found.confidence, texts)
        console.print(Text(f"{texts('report.exposures.confidence')}: {words}"), soft_wrap=True)
    inputs = [(step.start, step.end) for step in found.steps] + [(start, end)]
    for number, (stage, (begin, stop)) in enumerate(zip(stages, inputs, strict=True)):
        last = number == len(stages) - 1
        name = place_words(found.where, texts) if number == 0 else step_words(found.steps[number - 1], texts)
        name = f"{name} ({stage.root})" if stage.root else name
        console.print()
        console.print(
            Text.assemble(
                (f"{number + 1}. ", "bold"), shown(name, "bold"), f"  {texts.figures.size(len(stage.data))}"
            )
        )
        if last:
            console.print(hex_view(stage.data, begin, stop), end="")
        else:
            console.print(hex_view(stage.data, begin, min(stop, begin + 16), context=0, rows=2), end="")
            console.print(Text(texts("cli.show.next", start=begin, end=stop), style="dim"))
    console.print()
    console.print(Text(texts("cli.show.value", start=start, end=end), style="bold"))
    console.print(Text(text_view(stages[-1].data[start:end])), soft_wrap=True)


def _as_json(found: Exposure, stages: list[Stage]) -> dict[str, object]:
    start, end = found.range
    return {
        "exposure": found.id,
        "capture": found.capture,
        "flow": found.flow,
        "message": found.message,
        "confidence": to_json(found.confidence),
        "stages": [
            {
                "label": stage.label,
                "bytes": len(stage.data),
                "begins": stage.data[:64].hex(),
                "root": stage.root,
            }
            for stage in stages
        ],
        "range": [start, end],
        "value_hex": stages[-1].data[start:end][:_KEPT].hex(),
        "value_bytes": end - start,
    }
