"""The elements of one array deep in a JSON file, one at a time: bytes in, (index, line, element) out.

The file is read once in pieces, so that a HAR of gigabytes needs the memory of its largest entry. What
is cut or broken ends the walk; the elements before it were given. No element longer than `MOST_BYTES` is
given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MOST_BYTES = 256 << 20
DEEPEST = 512
_PART = 1 << 20
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]', re.DOTALL)


@dataclass(frozen=True)
class Element:
    """`text` is the element's JSON text; b"" when it was too long to be kept."""

    index: int
    line: int
    offset: int
    text: bytes


class Entries:
    """Elements of the array at `path` (names of members); `damage` says afterwards what ended it early."""

    def __init__(self, file: BinaryIO, path: tuple[str, ...]) -> None:
        self._file = file
        self._path = path
        self.damage = ""
        self.found = False
        self.line = 1

    def __iter__(self) -> Iterator[Element]:
        walk = _Walk(self._path)
        buffer = b""
        start = 0  # offset of the buffer in the file
        at = 0
        lines_at = 0
        while True:
            # as much again as waits, so that a long text is not searched from its beginning many times
            part = self._file.read(max(_PART, len(buffer) - at))
            buffer += part
            while match := _TOKEN.search(buffer, at):
                token = match[0]
                if token[:1] != b'"' and b'"' in buffer[at : match.start()]:
                    break  # a text begins before this mark and has not ended yet
                at = match.end()
                begun = walk.take(token, start + match.start())
                self.found = self.found or walk.inside
                if begun is not None:
                    index, begin = begun
                    self.line += buffer.count(b"\n", lines_at, begin - start)
                    lines_at = begin - start
                    text = buffer[begin - start : at]
                    yield Element(index, self.line, begin, text if len(text) <= MOST_BYTES else b"")
                    if at > _PART:
                        self.line += buffer.count(b"\n", lines_at, at)
                        buffer, start, at, lines_at = buffer[at:], start + at, 0, 0
            if walk.failed or not part or len(buffer) > 2 * MOST_BYTES:
                self.line += buffer.count(b"\n", lines_at, at)
                self.damage = "" if walk.ended and not walk.failed else self._why(walk)
                return

    def _why(self, walk: _Walk) -> str:
        if walk.failed:
            return f"line {self.line}: expected well-formed JSON"
        name = ".".join(self._path)
        if walk.inside:
            return f"line {self.line}: the file ends within {name}"
        return f"line {self.line}: expected the list {name}"


class _Walk:
    """Where in the document the tokens are: the open containers, each with its current member's name."""

    def __init__(self, path: tuple[str, ...]) -> None:
        self._path = path
        self._open: list[bytes] = []
        self._names: list[str] = []
        self._last = ""
        self._index = -1
        self._begin = -1
        self.inside = False
        self.ended = False
        self.failed = False

    def take(self, token: bytes, offset: int) -> tuple[int, int] | None:
        """(index, offset of its first byte) when the token ends an element."""
        first = token[:1]
        if first == b'"':
            if len(self._open) <= len(self._path):
                self._last = token[1:-1].decode("utf-8", "replace")
        elif first == b":":
            if self._names and len(self._open) <= len(self._path):
                self._names[-1] = self._last
        elif first in b"{[":
            self._open.append(first)
            self._names.append("")
            if self.inside and len(self._open) == len(self._path) + 2:
                self._index, self._begin = self._index + 1, offset
            elif first == b"[" and tuple(self._names[:-1]) == self._path:
                self.inside = True
            self.failed = len(self._open) > DEEPEST
        elif first in b"}]":
            return self._close(first)
        return None

    def _close(self, mark: bytes) -> tuple[int, int] | None:
        if not self._open or (self._open.pop(), mark) not in ((b"{", b"}"), (b"[", b"]")):
            self.failed = True
            return None
        self._names.pop()
        if self.inside and len(self._open) == len(self._path) + 1:
            return self._index, self._begin
        if self.inside and len(self._open) == len(self._path):
            self.inside, self.ended = False, True
        return None
