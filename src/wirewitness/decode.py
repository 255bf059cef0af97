"""The one door to the Rust core: captures and needles in, Parquet tables out.

Nothing else imports `wirewitness._core`. Bodies stay in the core; what comes through here are rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from wirewitness import _core
from wirewitness.model.decoding import SCHEMA_VERSION, CaptureInfo, DecodeRequest, PhoneGuess, Progress
from wirewitness.model.errors import ArgumentError, Bug, InputError
from wirewitness.model.exposure import Step
from wirewitness.model.instant import Instant
from wirewitness.model.needle import Needles
from wirewitness.model.telling import FlowEnd, Skipped, Source, Told, ToldFlow, ToldMessage, ToldName
from wirewitness.table_files import TableFiles

if _core.SCHEMA_VERSION != SCHEMA_VERSION:
    raise Bug(
        f"the core speaks schema {_core.SCHEMA_VERSION}, this package {SCHEMA_VERSION}: build them together"
    )


@dataclass(frozen=True)
class MessageRef:
    """Where a finding stands: message and place, then the steps."""

    flow: str
    stream: int
    number: int
    from_client: bool
    place: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class WholeMessage:
    """The bytes of a message: target, headers in order, the body after content coding."""

    target: bytes
    headers: tuple[tuple[str, bytes], ...]
    body: bytes


@dataclass(frozen=True)
class Stage:
    """Bytes (`data`) on the way from a message to a finding; `label` names the place or the step.

    `root`: where in an imported file the message stands ("/log/entries/3/request", "line 12"); else "".
    """

    label: str
    data: bytes
    root: str = ""


def prescan(path: Path) -> CaptureInfo:
    """Read a capture once: hash, packets, span. Raises InputError for what is not a readable capture."""
    try:
        return _info(path, _core.prescan(str(path)))
    except _core.CaptureError as error:
        raise _input_error(error) from error


def prescan_live(name: str, read: Callable[[int], bytes]) -> CaptureInfo:
    """As `prescan`, of bytes as they come: `read(most)` waits for some and gives b"" at the end."""
    try:
        return _info(Path(name), _core.prescan(name, read))
    except _core.CaptureError as error:
        raise _input_error(error) from error


def _info(path: Path, info: _core.CaptureInfo) -> CaptureInfo:
    return CaptureInfo(
        path=path,
        sha256=info.sha256,
        packets=info.packets,
        bytes=info.bytes,
        links=tuple(info.links),
        ran=tuple((Instant(first), Instant(last)) for first, last in info.ran),
        filtered=info.partial,
        first=None if info.first_ns is None else Instant(info.first_ns),
        last=None if info.last_ns is None else Instant(info.last_ns),
        dropped=info.dropped,
        secrets=info.secrets > 0,
        inner=info,
    )


def choose_phone(infos: Sequence[CaptureInfo]) -> PhoneGuess:
    """Choose the phone: the dominant initiator of a private address, and what else has its link address."""
    addresses, macs, how = _core.choose_phone(_inner(infos))
    return PhoneGuess(tuple(addresses), tuple(macs), how)


def check_key_log(data: bytes) -> tuple[int, list[tuple[int, str]]]:
    """Count the secrets of a key log and list the lines that are none, as (line, why)."""
    return _core.check_key_log(data)


def fingerprints(photo: bytes) -> list[tuple[bytes, int]]:
    """(SHA-256, length) of a photo file and of each whole image inside it."""
    return _core.fingerprints(photo)


def picture(photo: bytes) -> tuple[bytes | None, str]:
    """What is kept of a photo (JPEG, PNG) to recognise its copies; or None and why not."""
    return _core.picture(photo)


def picture_of_pixels(width: int, height: int, pixels: bytes) -> tuple[bytes | None, str]:
    """The same from the brightness of all its pixels, row by row."""
    return _core.picture_of_pixels(width, height, pixels)


def piece_print(file: bytes, block: int) -> bytes:
    """What is kept of a photo or film to recognise its pieces; b"" when none can be told."""
    return _core.piece_print(file, block)


def decode_captures(request: DecodeRequest, tables_dir: Path, progress: Progress) -> None:
    """Decode the captures into `tables_dir`/{flow,message,hit,media,name,anomaly}.parquet.

    The bytes around hits and images, which are the owner's, go to `request.windows` only.

    Raises InputError for an unreadable file, ArgumentError for a wrong needle or address, OSError when the
    folder cannot be written.
    """
    with _tables(tables_dir, request.windows) as writers:
        _decode_packets(request, writers, progress)
        _decode_sources(request, writers, progress)


def decode_stream(request: DecodeRequest, path: Path, read: Callable[[int], bytes], tables_dir: Path) -> None:
    """As `decode_captures` for the one capture at `path`, of bytes as they come: `read(most)` waits for some.

    `request` names no capture: secrets inside it are used from where they stand.
    """
    with _tables(tables_dir, request.windows) as writers:
        _run(_decoder(request, [path], read=read), writers, lambda *_: None, 0)


def _decode_packets(request: DecodeRequest, writers: TableFiles, progress: Progress) -> None:
    captures = [(number, info) for number, info in enumerate(request.captures) if info.source is None]
    decoder = _decoder(
        request,
        [file.path for _, info in captures for file in info.files],
        secrets_from=_inner([info for _, info in captures]),
        numbers=[number for number, info in captures for _ in info.files],
    )
    _run(decoder, writers, progress, sum(info.bytes for _, info in captures))


def _decoder(
    request: DecodeRequest,
    paths: Sequence[Path],
    *,
    secrets_from: Sequence[_core.CaptureInfo] = (),
    numbers: Sequence[int] | None = None,
    read: Callable[[int], bytes] | None = None,
) -> _core.Decoder:
    watch = _watch(request.needles)
    try:
        return _core.Decoder(
            [str(path) for path in paths],
            keylogs=list(request.keylogs),
            keylog_names=list(request.keylog_names),
            plain=watch.plain,
            digests=watch.digests,
            files=watch.files,
            pictures=watch.pictures,
            salted=watch.salted,
            fact_of=watch.fact_of,
            rules=watch.rules,
            chunk_keys=list(request.chunk_keys.items()),
            phone_addresses=list(request.phone_addresses),
            phone_macs=list(request.phone_macs),
            secrets_from=list(secrets_from),
            numbers=None if numbers is None else list(numbers),
            read=read,
        )
    except ValueError as error:
        raise ArgumentError(str(error)) from error


def _run(decoder: _core.Decoder, writers: TableFiles, progress: Progress, total: int) -> None:
    try:
        for name, batch in decoder:
            writers.write(name, batch)
            progress("decode", decoder.bytes_read, total)
    except _core.CaptureError as error:
        raise _input_error(error) from error


def _decode_sources(request: DecodeRequest, writers: TableFiles, progress: Progress) -> None:
    """What importers tell, through the same inspection into the same tables."""
    sources = [(n, info.source) for n, info in enumerate(request.captures) if info.source is not None]
    if not sources:
        return
    watch = _watch(request.needles)
    try:
        teller = _core.Teller(
            plain=watch.plain,
            digests=watch.digests,
            files=watch.files,
            pictures=watch.pictures,
            salted=watch.salted,
            fact_of=watch.fact_of,
            rules=watch.rules,
            chunk_keys=list(request.chunk_keys.items()),
            phone_addresses=list(request.phone_addresses),
        )
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    for at, (number, source) in enumerate(sources):
        progress("decode", at, len(sources))
        teller.begin_capture(number)
        for told in source.tell():
            _pass_on(teller, told, source)
            if teller.full:
                _write_all(teller, writers)
        teller.end_capture()
        _write_all(teller, writers)


def _pass_on(teller: _core.Teller, told: Told, source: Source) -> None:
    match told:
        case ToldMessage():
            teller.message(told.key, told)
        case ToldFlow():
            teller.flow(told.key, told)
        case ToldName():
            teller.name(told)
        case FlowEnd():
            teller.end_flow(told.key)
        case Skipped():
            teller.skipped(told.offset, f"{source.info.path.name}, {told.expected}")


def _write_all(teller: _core.Teller, writers: TableFiles) -> None:
    for name, batch in teller.take():
        writers.write(name, batch)


@dataclass(frozen=True)
class _Watch:
    """What to look for, as the core takes it."""

    plain: list[tuple[int, bytes, bool, str]]
    digests: list[tuple[int, str, int, bytes, bytes]]
    files: list[tuple[int, bytes, int, bytes]]
    pictures: list[tuple[int, bytes]]
    salted: list[tuple[int, bytes]]
    fact_of: list[int]
    rules: list[tuple[int, bool, str, str, int, int, list[tuple[str, str]], int]]


def _watch(needles: Needles) -> _Watch:
    fact_of = needles.fact_of()
    first = needles.first_digest
    others = len(needles.files) + len(needles.pictures) + len(needles.salted)
    numbers = iter(range(len(fact_of) - others, len(fact_of)))
    return _Watch(
        plain=[(n, form.data, form.whole_token, form.digest) for n, form in enumerate(needles.plain)],
        digests=[(first, pack.algorithm, pack.size, pack.facts, pack.data) for pack in needles.digests],
        files=[(next(numbers), form.sha256, form.length, form.print) for form in needles.files],
        pictures=[(next(numbers), form.data) for form in needles.pictures],
        salted=[(next(numbers), form.data) for form in needles.salted],
        fact_of=list(fact_of),
        rules=[
            (
                *(index, rule.up, "|".join(rule.keys), rule.test, rule.least, rule.most),
                [("|".join(other.keys), other.test) for other in rule.beside],
                rule.times,
            )
            for index, rule in enumerate(needles.rules)
        ],
    )


def rederive(
    capture: Sequence[Path],
    message: MessageRef,
    *,
    keylogs: Iterable[bytes] = (),
    chunk_keys: Iterable[tuple[str, bytes]] = (),
) -> list[Stage]:
    """Derive a finding again from the capture (its files): the bytes of its place, then of each step.

    Raises InputError when the capture cannot be read or does not give the message with these keys.
    """
    (found,) = rederive_each(capture, [message], keylogs=keylogs, chunk_keys=chunk_keys)
    if isinstance(found, str):
        raise InputError(capture[0], found)
    return found


def rederive_each(
    capture: Sequence[Path],
    findings: Sequence[MessageRef],
    *,
    keylogs: Iterable[bytes] = (),
    chunk_keys: Iterable[tuple[str, bytes]] = (),
) -> list[list[Stage] | str]:
    """As `rederive`, for several findings in one reading; for one that is not derived, why, in a sentence.

    The messages' bytes stand in memory at once: ask for few.
    """
    try:
        derived = _core.rederive_each(
            [str(file) for file in capture],
            keylogs=list(keylogs),
            findings=[
                (_which(one), one.place, [(s.codec, s.start, s.end, s.path) for s in one.steps])
                for one in findings
            ],
            chunk_keys=list(chunk_keys),
        )
    except _core.CaptureError as error:
        raise _input_error(error) from error
    return [why if why is not None else [Stage(*stage) for stage in stages] for stages, why in derived]


def read_messages(
    capture: Sequence[Path], messages: Sequence[tuple[str, int, int, bool]], *, keylogs: Iterable[bytes] = ()
) -> dict[tuple[str, int, int, bool], WholeMessage]:
    """The bytes of chosen messages, named by (flow, stream, number, from_client), in one reading.

    They stand in memory at once: ask for few. What the capture does not give is left out.
    """
    try:
        found = _core.read_messages(
            [str(file) for file in capture], keylogs=list(keylogs), messages=list(messages)
        )
    except _core.CaptureError as error:
        raise _input_error(error) from error
    return {which: WholeMessage(target, tuple(headers), body) for which, target, headers, body in found}


def _which(message: MessageRef) -> tuple[str, int, int, bool]:
    return message.flow, message.stream, message.number, message.from_client


def rederive_told(
    told: ToldMessage, message: MessageRef, *, chunk_keys: Iterable[tuple[str, bytes]] = ()
) -> list[Stage]:
    """As `rederive`, for a message that an importer has read again; the first stage names where it stands.

    Raises ValueError with one sentence when the message does not give the finding.
    """
    stages = _core.rederive_told(
        told,
        place=message.place,
        steps=[(s.codec, s.start, s.end, s.path) for s in message.steps],
        chunk_keys=list(chunk_keys),
    )
    first, *others = [Stage(label, data) for label, data in stages]
    return [Stage(first.label, first.data, told.root), *others]


def closed_lists() -> dict[str, list[tuple[str, str]]]:
    """The core's closed lists with a sentence each: "anomaly", "opaque_reason", "codec"."""
    return dict(_core.closed_lists())


def _tables(folder: Path, windows: Path | None) -> TableFiles:
    """The files of all tables, and of the windows around findings where they are wanted."""
    wanted = [(folder, _core.Decoder.empty_tables())]
    if windows is not None:
        wanted.append((windows, _core.Decoder.empty_windows()))
    return TableFiles(
        (into / f"{name}.parquet", name, empty.schema) for into, all_ in wanted for name, empty in all_
    )


def _inner(infos: Iterable[CaptureInfo]) -> list[_core.CaptureInfo]:
    return [file.inner for info in infos for file in info.files if _is_core(file.inner)]


def _is_core(inner: object) -> TypeGuard[_core.CaptureInfo]:
    return isinstance(inner, _core.CaptureInfo)


def _input_error(error: _core.CaptureError) -> InputError:
    path, offset, _kind, text = error.args
    return InputError(path, text, offset=offset or None)
