"""Bytes as hex beside text, with the range that was found marked. No byte reaches the terminal unescaped."""

from __future__ import annotations

from rich.text import Text

from wirewitness.report.visible import visible

_ROW = 16
_MARK = "bold reverse"


def hex_view(data: bytes, start: int, end: int, *, context: int = 32, rows: int = 16) -> Text:
    """Rows of 16 bytes around `data[start:end]`, at most `rows` of them, the range between `>` and `<`.

    The signs stand beside the colour, so that the range shows without colours too.
    """
    begin = max(0, start - context) // _ROW * _ROW
    stop = min(len(data), end + context)
    offsets = range(begin, max(stop, begin + 1), _ROW)
    text = Text()
    for offset in list(offsets)[:rows]:
        text.append_text(_row(data, offset, start, end))
    left = stop - (begin + rows * _ROW)
    if left > 0:
        text.append(f"          … {left:,} B\n", style="dim")
    return text


def text_view(data: bytes, limit: int = 400) -> str:
    """The bytes as UTF-8 for reading, at most `limit` characters; what cannot be seen is written out."""
    text = data[: limit * 4].decode("utf-8", "replace")
    return visible(text[:limit]) + ("…" if len(text) > limit or len(data) > limit * 4 else "")


def _row(data: bytes, offset: int, start: int, end: int) -> Text:
    row = Text(f"{offset:08x} ", style="dim")
    chunk = data[offset : offset + _ROW]
    letters = Text()
    for index in range(_ROW):
        place = offset + index
        inside = start <= place < end
        gap = ">" if place == start and start < end else "<" if place == end and start < end else " "
        row.append(gap, style="bold" if gap != " " else "")
        if index < len(chunk):
            row.append(f"{chunk[index]:02x}", style=_MARK if inside else "")
            letter = chr(chunk[index]) if 0x20 <= chunk[index] < 0x7F else "·"
            letters.append(letter, style=_MARK if inside else "")
        else:
            row.append("  ")
    closing = "<" if start < end == offset + _ROW else " "
    row.append(f"{closing} ", style="bold")
    row.append_text(letters)
    row.append("\n")
    return row
