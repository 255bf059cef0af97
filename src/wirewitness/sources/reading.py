"""Files as importers read them: first bytes, numbered lines, hashes; compressed ones are unpacked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from wirewitness.model.errors import InputError
from wirewitness.sources.packed import damage_of, open_file

HEAD_BYTES = 65_536
LINE_BYTES = 32 << 20
"""A longer line is no record of any log; it is skipped and counted."""
_PART = 1 << 20


def head_of(path: Path) -> bytes:
    """The first bytes, unpacked, without a byte order mark; b"" where there are none."""
    try:
        with open_file(path) as file:
            return file.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    except (InputError, OSError):  # whoever reads it says why it cannot be read
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
        with open_file(self.path) as file:
            while line := file.readline(LINE_BYTES):
                self.number += 1
                if len(line) == LINE_BYTES:
                    self.damage = f"line {self.number}: is longer than {LINE_BYTES >> 20} MiB"
                    return
                if line[-1:] != b"\n" and (cut := damage_of(file)):
                    self.damage = f"line {self.number}: {cut}"
                    return
                text = line.rstrip(b"\r\n")
                yield self.number, text.removeprefix(b"\xef\xbb\xbf") if self.number == 1 else text
            if damage := damage_of(file):
                self.damage = f"line {self.number + 1}: {damage}"
