"""Bytes around a finding as rows of hex and letters for the page; masked unless they may be seen.

Masked, the bytes that were found and every letter, digit and byte beyond ASCII around them are hidden: what
stays is the shape (quotes, braces, separators, where the value begins and ends).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW = 16
HIDDEN_HEX, HIDDEN = "··", "▒"
MASKED = "\xff"
_MASK = {code: MASKED for code in range(256) if code >= 0x80 or chr(code).isalnum()}


@dataclass(frozen=True)
class Run:
    """Neighbouring bytes of a row, all inside or all outside of what was found."""

    text: str
    inside: bool


@dataclass(frozen=True)
class Row:
    """One row: the offset in the stage, hex and letters in runs."""

    offset: str
    hexes: tuple[Run, ...]
    letters: tuple[Run, ...]


def dump(begin: int, data: bytes, found: tuple[int, int], *, reveal: bool) -> tuple[Row, ...]:
    """Rows of a window that begins at offset `begin` of its stage."""
    rows = []
    for at in range(0, len(data), ROW):
        cells = [
            (byte, found[0] <= begin + at + index < found[1])
            for index, byte in enumerate(data[at : at + ROW])
        ]
        rows.append(
            Row(
                f"{begin + at:06x}",
                _runs([_hex(byte, reveal or not _hides(byte, inside)) for byte, inside in cells], cells),
                _runs([_letter(byte, reveal or not _hides(byte, inside)) for byte, inside in cells], cells),
            )
        )
    return tuple(rows)


def masked(begin: int, data: bytes, found: tuple[int, int], *, reveal: bool) -> str:
    """The same bytes as a text, a character each: its code, or `MASKED` where it may not be seen."""
    text = data.decode("latin-1")
    if reveal:
        return text
    start, end = (min(max(0, at - begin), len(text)) for at in found)
    return text[:start].translate(_MASK) + MASKED * (end - start) + text[end:].translate(_MASK)


def shorten(begin: int, data: bytes, found: tuple[int, int], most: int) -> tuple[int, bytes]:
    """At most so many bytes of a window, from a row before what was found."""
    if len(data) <= most:
        return begin, data
    start = max(begin, (found[0] - ROW) // ROW * ROW)
    return start, data[start - begin : start - begin + most]


def _hides(byte: int, inside: bool) -> bool:
    return inside or byte >= 0x80 or chr(byte).isalnum()


def _hex(byte: int, seen: bool) -> str:
    return (f"{byte:02x}" if seen else HIDDEN_HEX) + " "


def _letter(byte: int, seen: bool) -> str:
    if not seen:
        return HIDDEN
    return chr(byte) if 0x20 <= byte < 0x7F else "·"


def _runs(texts: Sequence[str], cells: Sequence[tuple[int, bool]]) -> tuple[Run, ...]:
    paired = zip(texts, (inside for _, inside in cells), strict=True)
    return tuple(
        Run("".join(text for text, _ in group), inside)
        for inside, group in groupby(paired, key=lambda p: p[1])
    )
