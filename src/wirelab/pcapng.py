"""Writing capture files: pcapng blocks (draft-ietf-opsawg-pcapng) and PCAPdroid's classic pcap.

Bytes in the machine-independent little-endian order; times are nanoseconds since 1970.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

ETHERNET, RAW = 1, 101
TLS_KEY_LOG = 0x544C534B
_EPB = struct.Struct("<IIIIIII")


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    total = len(body) + 12
    return struct.pack("<II", kind, total) + body + struct.pack("<I", total)


def _options(pairs: Iterable[tuple[int, bytes]]) -> bytes:
    made = b"".join(_option(code, value) for code, value in pairs)
    return made + b"\0\0\0\0" if made else b""


def section(hardware: str, system: str, application: str, comments: Iterable[str]) -> bytes:
    """A section header block."""
    pairs = [(1, text.encode()) for text in comments]
    pairs += [(2, hardware.encode()), (3, system.encode()), (4, application.encode())]
    return _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options(pairs))


def interface(link: int, name: str, snap: int) -> bytes:
    """An interface description block with nanosecond times."""
    return _block(1, struct.pack("<HHI", link, 0, snap) + _options([(2, name.encode()), (9, b"\x09")]))


def packet(number: int, ns: int, frame: bytes) -> bytes:
    """An enhanced packet block."""
    size = len(frame)
    pad = -size % 4
    total = 32 + size + pad
    head = _EPB.pack(6, total, number, ns >> 32, ns & 0xFFFFFFFF, size, size)
    return b"".join((head, frame, b"\0\0\0"[:pad], total.to_bytes(4, "little")))


def secrets(key_log: bytes) -> bytes:
    """A decryption secrets block that holds lines of an NSS key log."""
    return _block(10, struct.pack("<II", TLS_KEY_LOG, len(key_log)) + key_log + b"\0" * (-len(key_log) % 4))


def statistics(number: int, ns: int, started: int | None, received: int, dropped: int) -> bytes:
    """An interface statistics block: the recorder says when it ran (if it knows) and what it lost."""

    def stamp(value: int) -> bytes:
        return struct.pack("<II", value >> 32, value & 0xFFFFFFFF)

    ran = [] if started is None else [(2, stamp(started)), (3, stamp(ns))]
    pairs = [
        *ran,
        (4, struct.pack("<Q", received)),
        (5, struct.pack("<Q", dropped)),
    ]
    return _block(5, struct.pack("<I", number) + stamp(ns) + _options(pairs))


def classic_header() -> bytes:
    """The header of a classic pcap file: microseconds, Ethernet."""
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, ETHERNET)


def classic_packet(ns: int, frame: bytes) -> bytes:
    """A record of a classic pcap file."""
    seconds, rest = divmod(ns, 1_000_000_000)
    return struct.pack("<IIII", seconds, rest // 1000, len(frame), len(frame)) + frame


def pcapdroid_frame(packet_bytes: bytes, uid: int, app: str) -> bytes:
    """An IP packet as PCAPdroid stores it with its extensions on.

    Zero Ethernet addresses, padding to four bytes, then 32 bytes: magic, uid (both big-endian), 20 bytes of
    app name ended by zero, and the CRC-32 of all before it, which dissectors take for the frame check
    sequence.
    """
    ethertype = b"\x86\xdd" if packet_bytes[0] >> 4 == 6 else b"\x08\x00"
    body = b"\0" * 12 + ethertype + packet_bytes
    name = app.encode()[:19]
    body += b"\0" * (-len(body) % 4) + struct.pack("!Ii20s", 0x01072021, uid, name)
    return body + struct.pack("<I", zlib.crc32(body))
