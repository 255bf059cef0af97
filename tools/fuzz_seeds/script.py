"""What several seeds share: turns of a conversation, packets, frames."""

from __future__ import annotations

import struct
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "fuzz/seeds"
FIXTURES = ROOT / "crates/wirecore/tests/fixtures"
IMEI = b"490154203237518"
UP, DOWN = 0, 0x80
JSON = b'{"device":{"imei":"490154203237518","id":"NDkwMTU0MjAzMjM3NTE4"},"n":[1,2.5,null,true]}'


def turns(*said: tuple[int, bytes]) -> bytes:
    """What `fuzz/src/script.rs` reads."""
    out = b""
    for side, data in said:
        out += bytes([side | 127]) + struct.pack(">H", len(data)) + data
    return out


def gap(side: int, length: int) -> bytes:
    """So many bytes are missing."""
    return bytes([side | 126, length - 1])


def behind(text: bytes, rest: bytes) -> bytes:
    """A key log before what it opens."""
    return struct.pack(">H", len(text)) + text + rest


def ip4(proto: int, payload: bytes, *, fragment: int = 0) -> bytes:
    """From the phone to the cloud."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, proto, 0)
    return head + bytes([192, 168, 1, 23, 198, 51, 100, 7]) + payload


def ip6(proto: int, payload: bytes) -> bytes:
    """The same in IPv6."""
    ends = bytes.fromhex("20010db800010000000000000000002320010db8000900000000000000000007")
    return struct.pack(">IHBB", 0x60000000, len(payload), proto, 64) + ends + payload


def udp(port: int, payload: bytes) -> bytes:
    """A datagram."""
    return struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload


def tcp(flags: int, seq: int, payload: bytes = b"") -> bytes:
    """A segment."""
    return struct.pack(">HHIIBBHHH", 40000, 80, seq, 1, 0x50, flags, 65535, 0, 0) + payload


def ethernet(packet: bytes, *tags: int) -> bytes:
    """A frame, behind VLAN tags if any."""
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    tagged = b"".join(struct.pack(">HH", tag, 9) for tag in tags)
    return bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x23]) + tagged + struct.pack(">H", kind) + packet


def upload() -> list[bytes]:
    """A small conversation over HTTP."""
    request = b"POST /v1 HTTP/1.1\r\nHost: api.example\r\nContent-Length: %d\r\n\r\n" % len(JSON) + JSON
    return [ethernet(ip4(6, tcp(2, 99))), ethernet(ip4(6, tcp(16, 100, request)))]
