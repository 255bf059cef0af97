"""The one door to the Rust core: captures and needles in, Parquet tables out.

Nothing else imports `wirewitness._core`. Bodies stay in the core; what comes through here are rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from wirewitness import _core
from wirewitness.model.errors import ArgumentError, Bug, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SCHEMA_KEY: Final = b"wirewitness.schema"
TABLES: Final = ("flow", "message", "hit", "media", "name", "anomaly")


@dataclass(frozen=True)
class CaptureInfo:
    """What one pass over a capture file tells; times in nanoseconds since 1970 UTC, None when it has no packet."""

    path: Path
    sha256: str
    packets: int
    bytes: int
    first_ns: int | None
    last_ns: int | None
    dropped: int | None
    secrets: int
    format: str
    core: _core.CaptureInfo = field(repr=False, compare=False)


@dataclass(frozen=True)
class Phone:
    """Which device is the phone, and how that was decided."""

    addresses: tuple[str, ...]
    macs: tuple[str, ...]
    how: str


@dataclass(frozen=True)
class FieldRule:
    """A detector for the core: a field of this name (`|` separates names, lower case) whose value passes the test.

    `test` is "any", "non_empty", "digits" (with `least` and `most` digits) or "text".
    """

    index: int
    up: bool
    key: str
    test: str = "any"
    least: int = 0
    most: int = 0


@dataclass(frozen=True)
class DecodeRequest:
    """Everything the core is told. `fact_of[n]` is the fact of needle `n`; needles index into it.

    `plain` holds (needle, bytes, whole_token), `digests` (needle, "md5" | "sha1" | "sha256", raw digest),
    `files` (needle, SHA-256, length) of whole files, `chunk_keys` (chunk name, 32-byte key). Secrets that stand
    inside a capture are used wherever they stand in it.
    """

    captures: Sequence[CaptureInfo]
    phone: Phone
    keylogs: Sequence[bytes] = ()
    plain: Sequence[tuple[int, bytes, bool]] = ()
    digests: Sequence[tuple[int, str, bytes]] = ()
    files: Sequence[tuple[int, bytes, int]] = ()
    fact_of: Sequence[int] = ()
    rules: Sequence[FieldRule] = ()
    chunk_keys: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True)
class StepRef:
    """One decoding step of a finding, as the tables and result.json spell it."""

    codec: str
    start: int
    end: int
    path: str


@dataclass(frozen=True)
class MessageRef:
    """Where a finding stands: message and place, then the steps."""

    flow: str
    stream: int
    number: int
    from_client: bool
    place: str
    steps: tuple[StepRef, ...]


@dataclass(frozen=True)
class Stage:
    """Bytes on the way from a message to a finding; `label` names the place or the step that made them."""

    label: str
    bytes: bytes


def prescan(path: Path) -> CaptureInfo:
    """Read a capture once: hash, packets, span. Raises InputError for what is not a readable capture."""
    try:
        info = _core.prescan(str(path))
    except _core.CaptureError as error:
        raise _input_error(error) from error
    return CaptureInfo(
        path=path,
        sha256=info.sha256,
        packets=info.packets,
        bytes=info.bytes,
        first_ns=info.first_ns,
        last_ns=info.last_ns,
        dropped=info.dropped,
        secrets=info.secrets,
        format=info.format,
        core=info,
    )


def choose_phone(infos: Sequence[CaptureInfo]) -> Phone:
    """Choose the phone as design section 8 says: the dominant initiator of a private address, and its relatives."""
    addresses, macs, how = _core.choose_phone([info.core for info in infos])
    return Phone(tuple(addresses), tuple(macs), how)


def check_key_log(data: bytes) -> tuple[int, list[tuple[int, str]]]:
    """Count the secrets of a key log and list the lines that are none, as (line, why)."""
    return _core.check_key_log(data)


def fingerprints(photo: bytes) -> list[tuple[bytes, int]]:
    """(SHA-256, length) of a photo file and of each whole image inside it."""
    return _core.fingerprints(photo)


def decode_captures(
    request: DecodeRequest, tables: Path, progress: Callable[[int], None] | None = None
) -> None:
    """Decode the captures into `tables`/{flow,message,hit,media,name,anomaly}.parquet.

    `progress` is told the bytes of the files read so far. Raises InputError for an unreadable file,
    ArgumentError for a wrong needle or address, OSError when `tables` cannot be written.
    """
    try:
        decoder = _core.Decoder(
            [str(info.path) for info in request.captures],
            keylogs=list(request.keylogs),
            plain=list(request.plain),
            digests=list(request.digests),
            files=list(request.files),
            fact_of=list(request.fact_of),
            rules=[(r.index, r.up, r.key, r.test, r.least, r.most) for r in request.rules],
            chunk_keys=list(request.chunk_keys),
            phone_addresses=list(request.phone.addresses),
            phone_macs=list(request.phone.macs),
            secrets_from=[info.core for info in request.captures],
        )
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    except _core.CaptureError as error:
        raise _input_error(error) from error
    with _Writers(tables) as writers:
        try:
            for name, batch in decoder:
                writers.write(name, batch)
                if progress is not None:
                    progress(decoder.bytes_read)
        except _core.CaptureError as error:
            raise _input_error(error) from error


def rederive(
    capture: Path,
    message: MessageRef,
    *,
    keylogs: Iterable[bytes] = (),
    chunk_keys: Iterable[tuple[str, bytes]] = (),
) -> list[Stage]:
    """Derive a finding again from the capture: the bytes of its place, then of each step.

    Raises InputError when the capture cannot be read or does not give the message with these keys.
    """
    try:
        stages = _core.rederive(
            str(capture),
            keylogs=list(keylogs),
            flow=message.flow,
            stream=message.stream,
            number=message.number,
            from_client=message.from_client,
            place=message.place,
            steps=[(s.codec, s.start, s.end, s.path) for s in message.steps],
            chunk_keys=list(chunk_keys),
        )
    except _core.CaptureError as error:
        raise _input_error(error) from error
    except ValueError as error:
        raise InputError(capture, str(error)) from error
    return [Stage(label, data) for label, data in stages]


def steps_of(text: str) -> tuple[StepRef, ...]:
    """The `steps` column of the hit and media tables."""
    return tuple(StepRef(s["codec"], s["start"], s["end"], s["path"]) for s in json.loads(text))


def closed_lists() -> dict[str, list[tuple[str, str]]]:
    """The core's closed lists with a sentence each: "anomaly", "opaque_reason", "codec"."""
    return dict(_core.closed_lists())


class _Writers:
    """One Parquet file a table; every table is written, also when it stays empty."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._writers: dict[str, pq.ParquetWriter] = {}
        try:
            for name, empty in _core.Decoder.empty_tables():
                if empty.schema.metadata.get(SCHEMA_KEY) != str(_core.SCHEMA_VERSION).encode():
                    raise Bug(f"the core's table {name} does not say its schema version")
                self._writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", empty.schema, compression="zstd")
        except BaseException:
            self.close()
            raise

    def write(self, name: str, batch: pa.RecordBatch) -> None:
        self._writers[name].write_batch(batch)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()

    def __enter__(self) -> _Writers:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _input_error(error: _core.CaptureError) -> InputError:
    path, offset, _kind, text = error.args
    return InputError(path, text, offset=offset or None)
