"""Files, link and network headers, segments."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Iterable, Iterator

import pyarrow as pa

from fuzz_seeds.script import DOWN, FIXTURES, UP, ethernet, ip4, ip6, turns, udp, upload


def records(frames: Iterable[bytes]) -> bytes:
    """Packet records of a classic file."""
    return b"".join(struct.pack("<IIII", 1_400_000_000, 0, len(f), len(f)) + f for f in frames)


def block(kind: int, body: bytes) -> bytes:
    """A block of pcapng."""
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def option(code: int, value: bytes) -> bytes:
    """An option of a block."""
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def captures() -> Iterator[tuple[str, str, bytes]]:
    """Files and their compression."""
    yield "pcap", "upload", bytes([1 << 3]) + records(upload())
    yield "pcap", "raw_cut", bytes([12 << 3]) + records([ip4(17, udp(53, b"x" * 9))])[:-4]
    end = option(0, b"")
    interface = block(1, struct.pack("<HHI", 1, 0, 262144) + option(9, b"\x09") + option(2, b"wlan0") + end)
    packets = b"".join(block(6, struct.pack("<IIIII", 0, 326_000, 7, len(f), len(f)) + f) for f in upload())
    names = block(4, struct.pack("<HH", 1, 12) + bytes([198, 51, 100, 7]) + b"a.example\0\0\0" + b"\0" * 4)
    secrets = block(10, struct.pack("<II", 0x544C534B, 13) + b"CLIENT_RANDOM")
    simple = block(3, struct.pack("<I", 60) + upload()[0][:54] + b"\0" * 6)
    stats = block(5, struct.pack("<III", 0, 326_000, 7) + option(5, struct.pack("<Q", 3)) + end)
    custom = block(0xBAD, struct.pack("<I", 32473) + b"own")
    yield (
        "pcapng",
        "every_block",
        bytes([0]) + interface + packets + names + secrets + simple + stats + custom,
    )
    file = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1) + records(upload())
    yield "compressed", "plain", file
    yield "compressed", "gzip", gzip.compress(file, mtime=0) + gzip.compress(b"", mtime=0)
    yield "compressed", "xz", lzma.compress(file)
    yield "compressed", "no_capture", bz2.compress(file)
    yield "compressed", "zstd", pa.compress(file, codec="zstd", asbytes=True)
    yield "compressed", "lz4", (FIXTURES / "encodings/lz4").read_bytes()


def framed(link: int, *frames: bytes) -> bytes:
    """Frames as the target `packets` reads them."""
    return bytes([link]) + b"".join(struct.pack(">H", len(f)) + f for f in frames)


def segment(flags: int, seq: int, data: bytes = b"") -> bytes:
    """A segment as the target `tcp` reads it."""
    return bytes([flags]) + struct.pack(">HH", seq, 0) + data


def packets() -> Iterator[tuple[str, str, bytes]]:
    """Link and network headers, tunnels, fragments, segments."""
    question = bytes.fromhex("12340100000100000000000003617069076578616d706c650000010001")
    inner4, inner6 = ip4(17, udp(53, question)), ip6(17, udp(53, question))
    long = udp(53, question * 3)
    yield "packets", "vlan_qinq", framed(1, ethernet(inner4, 0x88A8, 0x8100), ethernet(inner6, 0x8100))
    yield "packets", "raw", framed(101, inner4, inner6, *(f[14:] for f in upload()))
    yield "packets", "cooked", framed(113, bytes.fromhex("00000001000602000000002300000800") + inner4)
    yield (
        "packets",
        "fragments",
        framed(1, ethernet(ip4(17, long[:48], fragment=0x2000)), ethernet(ip4(17, long[48:], fragment=6))),
    )
    piece = struct.pack(">BBHI", 17, 0, 1, 7)
    rest = struct.pack(">BBHI", 17, 0, 48, 7)
    yield (
        "packets",
        "fragments6",
        framed(1, ethernet(ip6(44, piece + long[:48])), ethernet(ip6(44, rest + long[48:]))),
    )
    hops = bytes([60, 0, 1, 4, 0, 0, 0, 0]) + bytes([17, 0, 1, 4, 0, 0, 0, 0])
    yield "packets", "extension_headers", framed(1, ethernet(ip6(0, hops + udp(53, question))))
    yield "packets", "in_ip", framed(1, ethernet(ip4(4, inner4)), ethernet(ip4(41, inner6)))
    gre = bytes.fromhex("30000800000000070000000b") + inner4
    yield "packets", "gre", framed(1, ethernet(ip4(47, gre)), ethernet(ip6(47, bytes([0, 0, 8, 0]) + inner4)))
    vxlan = udp(4789, bytes.fromhex("0800000000000700") + ethernet(inner4))
    gtp = udp(2152, bytes.fromhex("30ff") + struct.pack(">H", len(inner4)) + bytes(4) + inner4)
    yield "packets", "over_udp", framed(1, ethernet(ip4(17, vxlan)), ethernet(ip4(17, gtp)))
    refused = bytes([3, 3, 0, 0, 0, 0, 0, 0]) + inner4
    yield "packets", "icmp", framed(1, ethernet(inner4), ethernet(ip4(1, refused)))
    yield (
        "tcp",
        "in_order",
        turns((UP, segment(2, 0x7FF0)), (UP, segment(16, 0x7FF1, b"one")), (UP, segment(17, 0x7FF4))),
    )
    yield (
        "tcp",
        "out_of_order",
        turns(
            (UP, segment(2, 0x7FFE)),
            (UP, segment(16, 0x8003, b"two")),
            (UP, segment(16, 0x8001, b"xy")),
            (UP, segment(16, 0x7FFF, b"onex")),
            (DOWN, segment(18, 9)),
            (DOWN, segment(16, 10, b"answer")),
            (DOWN, segment(4, 16)),
        ),
    )
