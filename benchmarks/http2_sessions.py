"""HTTP/2 connections that hold the exchanges of `traffic`: requests of several streams between each other.

Header blocks are those of the `hpack` package, with its dynamic table; flow control windows are wide.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import zip_longest

from hpack import Encoder
from traffic import Exchange

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _WINDOW_UPDATE = 0, 1, 4, 8
_END_STREAM, _END_HEADERS = 1, 4
_FRAME_BYTES = 16_384
_AT_ONCE = 3
_HOP_BY_HOP = {"host", "connection"}


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _fields(head: str, host: str) -> list[tuple[str, str]]:
    """The fields of a head of HTTP/1.1."""
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if words[0].startswith("HTTP/"):
        fields = [(":status", words[1])]
    else:
        fields = [(":method", words[0]), (":scheme", "https"), (":authority", host), (":path", words[1])]
    named = (line.split(": ", 1) for line in lines if line)
    return fields + [(name.lower(), value) for name, value in named if name.lower() not in _HOP_BY_HOP]


def _frames(message: bytes, stream: int, host: str, encoder: Encoder) -> Iterator[bytes]:
    head, _, body = message.partition(b"\r\n\r\n")
    yield _frame(_HEADERS, _END_HEADERS, stream, encoder.encode(_fields(head.decode(), host)))
    pieces = [body[at : at + _FRAME_BYTES] for at in range(0, len(body), _FRAME_BYTES)] or [b""]
    for number, piece in enumerate(pieces, 1):
        yield _frame(_DATA, _END_STREAM if number == len(pieces) else 0, stream, piece)


def turns(host: str, exchanges: list[Exchange]) -> Iterator[tuple[bool, bytes]]:
    """What the sides of one connection say, `(up, bytes)`."""
    encoders = {True: Encoder(), False: Encoder()}
    window = struct.pack(">I", 1 << 30)
    start = _frame(_SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 30)) + _frame(_WINDOW_UPDATE, 0, 0, window)
    yield True, _PREFACE + start
    yield False, start + _frame(_SETTINGS, 1, 0, b"")
    for at in range(0, len(exchanges), _AT_ONCE):
        batch = list(enumerate(exchanges[at : at + _AT_ONCE], at))
        for up in (True, False):
            told = [
                _frames(one.request if up else one.response, 2 * number + 1, host, encoders[up])
                for number, one in batch
            ]
            yield up, b"".join(frame for frames in zip_longest(*told) for frame in frames if frame)
