"""A JSON object read member by member from a text that comes in pieces, and never stands in memory whole.

In go characters, in pieces of any length; out come the members of the outermost object in their order: of
each the caller takes the value, or the items of its list one by one. `ValueError` where it is not JSON.

>>> text = Pieces(io.StringIO('{"a": 1, "b": [2, 3]}').read)
>>> [(name, list(text.items()) if text.at_list() else text.value()) for name in text.members()]
[('a', 1), ('b', [2, 3])]
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE = 1 << 18
_SPACE = " \t\n\r"
_OF_NUMBERS = frozenset(["", *"+-.eE0123456789"])


class Pieces:
    """The reading of one text; `read(n)` gives at most `n` more characters, and none at its end."""

    def __init__(self, read: Callable[[int], str], piece: int = PIECE) -> None:
        self._read, self._piece = read, piece
        self._text, self._at, self._ended = "", 0, False
        self._decode = json.JSONDecoder().raw_decode

    def members(self) -> Iterator[str]:
        """The name of each member; its value must be taken before the next is asked for."""
        if self._next() != "{":
            raise ValueError("/ should be an object")
        self._at += 1
        for _ in self._until("}"):
            name = self.value()
            if not isinstance(name, str) or self._next() != ":":
                raise self._broken()
            self._at += 1
            yield name
        if self._next():
            raise self._broken()

    def at_list(self) -> bool:
        """Whether the value is a list, whose items may be taken one by one."""
        return self._next() == "["

    def items(self) -> Iterator[Any]:
        """The items of a list."""
        self._at += 1
        for _ in self._until("]"):
            yield self.value()

    def value(self) -> Any:
        """The value that stands here."""
        self._next()
        wanted = self._piece
        while True:
            try:
                found, end = self._decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more(wanted):
                    raise
            else:
                cut = self._text[end : end + 1] in _OF_NUMBERS  # "1." or "1e" may go on in the next piece
                if not cut or not self._more(wanted):
                    self._at = end
                    return found
            wanted *= 2  # so that a long value is not read again for each small piece

    def _until(self, end: str) -> Iterator[None]:
        if self._next() != end:
            yield
            while self._next() == ",":
                self._at += 1
                yield
        if self._next() != end:
            raise self._broken()
        self._at += 1

    def _next(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            while self._at < len(self._text):
                if (char := self._text[self._at]) not in _SPACE:
                    return char
                self._at += 1
            if not self._more(self._piece):
                return ""

    def _more(self, length: int) -> bool:
        if self._ended:
            return False
        fresh = self._read(length)
        self._ended = not fresh
        self._text, self._at = self._text[self._at :] + fresh, 0
        return bool(fresh)

    def _broken(self) -> ValueError:
        return ValueError(f"this is not JSON: near '{self._text[self._at : self._at + 20]}'")
