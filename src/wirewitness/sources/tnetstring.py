"""Typed netstrings, the format of mitmproxy's flow files: `LENGTH:DATA` and a byte for the type.

In: a file, read one top-level value at a time. Out: (offset, value). What is cut or no such string ends
it with ValueError and the byte; the values before it were given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

MOST_BYTES = 512 << 20
DEEPEST = 64


def read_values(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Every top-level value with its offset; ValueError at the first that is none."""
    offset = 0
    while True:
        digits = b""
        while (mark := file.read(1)) not in (b":", b""):
            digits += mark
            if not mark.isdigit() or len(digits) > 12:
                raise ValueError(f"byte {offset}: expected the length of a flow")
        if not mark:
            if digits.strip():
                raise ValueError(f"byte {offset}: the file ends within a flow")
            return
        length = int(digits or b"-1")
        if not 0 <= length <= MOST_BYTES:
            raise ValueError(f"byte {offset}: expected a flow of at most {MOST_BYTES >> 20} MiB")
        data = file.read(length + 1)
        if len(data) != length + 1:
            raise ValueError(f"byte {offset}: the file ends within a flow")
        try:
            value = _value(data[-1:], memoryview(data)[:-1], 0)
        except (ValueError, OverflowError):
            raise ValueError(f"byte {offset}: expected a flow as mitmproxy writes it") from None
        yield offset, value
        offset += len(digits) + 1 + length + 1


def _value(kind: bytes, data: memoryview, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("too deep")
    if kind == b"]":
        return _list(data, depth)
    if kind == b"}":
        return _dict(data, depth)
    read = _PLAIN.get(kind)
    if read is None:
        raise ValueError("no such type")
    return read(bytes(data))


_PLAIN: dict[bytes, Callable[[bytes], Any]] = {
    b",": lambda data: data,
    b";": lambda data: data.decode("utf-8", "surrogateescape"),
    b"#": int,
    b"^": float,
    b"!": lambda data: data == b"true",
    b"~": lambda _: None,
}


def _dict(data: memoryview, depth: int) -> dict[str, Any]:
    flat = _list(data, depth)
    if len(flat) % 2:
        raise ValueError("a name without a value")
    names = (k.decode("utf-8", "replace") if isinstance(k, bytes) else str(k) for k in flat[::2])
    return dict(zip(names, flat[1::2], strict=True))


def _list(data: memoryview, depth: int) -> list[Any]:
    values, at = [], 0
    while at < len(data):
        head = bytes(data[at : at + 13])
        digits, mark, _ = head.partition(b":")
        begin = at + len(digits) + 1
        end = begin + int(digits)
        if not mark or end >= len(data) or not digits.isdigit():
            raise ValueError("no length")
        values.append(_value(bytes(data[end : end + 1]), data[begin:end], depth + 1))
        at = end + 1
    return values
