"""Files as importers read them: first bytes, numbered lines, hashes; gzip is opened by content."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from wirewitness.model.errors import InputError

HEAD_BYTES = 65_536
LINE_BYTES = 32 << 20
"""A longer line is no record of any log; it is skipped and counted."""
_PART = 1 << 20
_PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_EITHER = 47
"""zlib's window bits for "gzip or zlib, by its first bytes"."""


def open_file(path: Path) -> BinaryIO:
    """The file's bytes, unpacked when it is gzip or zlib."""
    try:
        file = path.open("rb")
        first = file.read(2)
        file.seek(0)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    return io.BufferedReader(_Inflated(file)) if first in _PACKED else file


class _Inflated(io.RawIOBase):
    """What gzip (of one or more members) or a zlib stream holds; zlib.error or EOFError where damaged."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._stream = zlib.decompressobj(_EITHER)
        self._held = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """The next bytes; 0 at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        while True:
            self._held = self._held or self._file.read(_PART)
            if self._stream.eof:
                if not self._held.strip(b"\0"):
                    return 0
                self._stream = zlib.decompressobj(_EITHER)
            elif not self._held:
                raise EOFError("the stream is cut")
            data = self._stream.decompress(self._held, len(view))
            self._held = self._stream.unconsumed_tail or self._stream.unused_data
            if data:
                view[: len(data)] = data
                return len(data)

    def close(self) -> None:
        """Closes the file as well."""
        self._file.close()
        super().close()


def head_of(path: Path) -> bytes:
    """The first bytes, unpacked, without a byte order mark; b"" where there are none."""
    try:
        with open_file(path) as file:
            return file.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    except (InputError, OSError, EOFError, zlib.error):  # whoever reads it says why it cannot be read
        return b""


def hash_of(path: Path) -> str:
    """SHA-256 of the file as stored, in hex."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(_PART):
                digest.update(part)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    return digest.hexdigest()


class Lines:
    """(number from 1, line without its end) of a text file; `damage` says afterwards what cut it short."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self.damage = ""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        try:
            with open_file(self.path) as file:
                while line := file.readline(LINE_BYTES):
                    self.number += 1
                    if len(line) == LINE_BYTES:
                        self.damage = f"line {self.number}: is longer than {LINE_BYTES >> 20} MiB"
                        return
                    text = line.rstrip(b"\r\n")
                    yield self.number, text.removeprefix(b"\xef\xbb\xbf") if self.number == 1 else text
        except (EOFError, zlib.error):
            self.damage = f"line {self.number}: the compressed file is damaged or cut here"
