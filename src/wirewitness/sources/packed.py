"""Compressed files opened as what they hold: gzip, zlib, Zstandard, xz and LZ4, known by their first bytes.

Bounded: pieces are unpacked as they are asked for, and a stream that wants much memory is refused. A stream
that is damaged or cut ends there, as a file does; `damage_of` says so afterwards.
"""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa

from wirewitness.model.errors import InputError

_PART = 1 << 18
_EITHER = 47
"""zlib's window bits for "gzip or zlib, by its first bytes"."""
_XZ_MEMORY = 128 << 20
"""What an xz stream may ask for, as in the core's reader of captures; Zstandard's own bound is the same."""
_MAGICS = (
    (b"\x1f\x8b", "gzip"),
    *((start, "zlib") for start in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
_LONGEST = 6


class _Stream(Protocol):
    """What zlib's and lzma's decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def open_file(path: Path) -> BinaryIO:
    """The file's bytes, unpacked when it is compressed; `InputError` when it cannot be opened."""
    try:
        file = path.open("rb")
        start = file.read(_LONGEST)
        file.seek(0)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    kind = next((kind for magic, kind in _MAGICS if start.startswith(magic)), "")
    match kind:
        case "":
            return file
        case "zstd" | "lz4":
            return io.BufferedReader(_ByArrow(file, kind))
        case "xz":
            return io.BufferedReader(_ByStreams(file, _new_xz))
        case _:
            return io.BufferedReader(_ByStreams(file, lambda: zlib.decompressobj(_EITHER)))


def damage_of(file: BinaryIO) -> str:
    """What ended a compressed file before its time, to complete a sentence; "" when nothing did."""
    return str(getattr(getattr(file, "raw", None), "damage", ""))


def _new_xz() -> _Stream:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


class _Packed(io.RawIOBase):
    """The part that all have in common: a file below, closed together with it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.damage = ""

    def readable(self) -> bool:
        """It is."""
        return True

    def _end(self, damage: str) -> int:
        self.damage = damage
        return 0

    def close(self) -> None:
        """Closes the file as well."""
        self._file.close()
        super().close()


class _ByStreams(_Packed):
    """One or more streams, one behind the other; zeros may follow."""

    def __init__(self, file: BinaryIO, fresh: Callable[[], _Stream]) -> None:
        super().__init__(file)
        self._fresh = fresh
        self._stream = fresh()
        self._held = b""

    def readinto(self, buffer: object) -> int:
        """The next bytes; 0 at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self.damage:
            if self._stream.eof:
                self._held = (self._held or self._file.read(_PART)).lstrip(b"\0")
                if not self._held and not self._file.peek(1):  # type: ignore[attr-defined]
                    return 0
                self._stream = self._fresh()
                continue
            if not self._held and self._hungry():
                self._held = self._file.read(_PART)
                if not self._held:
                    return self._end("the compressed file is cut here")
            try:
                data = self._stream.decompress(self._held, len(view))
            except (zlib.error, lzma.LZMAError):
                return self._end("the compressed file is damaged here")
            self._held = getattr(self._stream, "unconsumed_tail", b"") or self._stream.unused_data
            if data:
                view[: len(data)] = data
                return len(data)
        return 0

    def _hungry(self) -> bool:
        """Whether the stream can give nothing without more input; lzma keeps what it did not use itself."""
        return bool(getattr(self._stream, "needs_input", True))


class _ByArrow(_Packed):
    """Frames that Arrow's streams read (they come with it; nothing more need be installed)."""

    def __init__(self, file: BinaryIO, kind: str) -> None:
        super().__init__(file)
        self._stream = pa.CompressedInputStream(file, kind)

    def readinto(self, buffer: object) -> int:
        """The next bytes; 0 at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            data = self._stream.read(len(view))
        except OSError:  # the disk's own errors are met when the file is hashed
            return self._end("the compressed file is damaged or cut here")
        view[: len(data)] = data
        return len(data)
