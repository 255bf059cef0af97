"""A capture of one plain request that carries an IMEI, and the files of a small case around it."""

from __future__ import annotations

import struct
from pathlib import Path

IMEI = "490154203237518"
PHONE, CLOUD = bytes([192, 168, 1, 23]), bytes([42, 62, 94, 17])
SYN, ACK, PUSH_ACK = 0x02, 0x10, 0x18
CASE = """format = "wirewitness-case/1"
title = "A small case"
owner = "owner.toml"
[device]
vendor = "Vendor"
model = "VN-1"
build = "1"
[states]
network = "wifi"
[[capture]]
path = "captures/tiny.pcap"
[[claim]]
id = "C1"
polarity = "asserts"
about = "exposure"
data = ["identifier.imei"]
text.en = "The phone sends its IMEI."
source = "a forum"
quote = "it sends the IMEI"
"""


def segment(*, up: bool, flags: int, seq: int, ack: int, payload: bytes = b"") -> bytes:
    """A raw IPv4 packet between the phone's port 40000 and the cloud's port 80; checksums are left zero."""
    source, target = (PHONE, CLOUD) if up else (CLOUD, PHONE)
    ports = (40000, 80) if up else (80, 40000)
    tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 5 << 4, flags, 65535, 0, 0) + payload
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, source, target) + tcp


def tiny_capture(path: Path, request: bytes | None = None) -> Path:
    """A request (by default one that carries the IMEI) and its answer, as a pcap of raw IP packets a second apart."""
    request = request or f"GET /check?imei={IMEI} HTTP/1.1\r\nHost: api.vendor.example\r\n\r\n".encode()
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    packets = [
        segment(up=True, flags=SYN, seq=0, ack=0),
        segment(up=False, flags=SYN | ACK, seq=0, ack=1),
        segment(up=True, flags=PUSH_ACK, seq=1, ack=1, payload=request),
        segment(up=False, flags=PUSH_ACK, seq=1, ack=1 + len(request), payload=answer),
    ]
    records = [
        struct.pack("<IIII", 1405900800 + number, 0, len(packet), len(packet)) + packet
        for number, packet in enumerate(packets)
    ]
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(records))
    return path


def long_capture(path: Path, requests: list[bytes], seconds: float = 1.0) -> Path:
    """Many requests on one connection, a packet of up to 32 KiB every `seconds`; nobody answers."""
    packets = [
        segment(up=True, flags=SYN, seq=0, ack=0),
        segment(up=False, flags=SYN | ACK, seq=0, ack=1),
    ]
    pieces, at = [b""], 1
    for request in requests:
        if len(pieces[-1]) + len(request) > 32_768:
            pieces.append(b"")
        pieces[-1] += request
    for piece in pieces:
        packets.append(segment(up=True, flags=PUSH_ACK, seq=at, ack=1, payload=piece))
        at += len(piece)
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number, packet in enumerate(packets):
            time = 1405900800 + int(number * seconds)
            file.write(struct.pack("<IIII", time, 0, len(packet), len(packet)) + packet)
    return path


def post(body: bytes, host: str = "api.vendor.example") -> bytes:
    """A JSON request."""
    head = f"POST /e HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def owner_file(path: Path) -> Path:
    """The owner whose IMEI the request carries."""
    path.write_text(
        f'format = "wirewitness-owner/1"\n[[fact]]\nid = "imei"\nkind = "identifier.imei"\nvalue = "{IMEI}"\n'
    )
    return path


def small_case(folder: Path) -> Path:
    """Capture, owner and case file in `folder`; the case file's path."""
    (folder / "captures").mkdir(parents=True)
    tiny_capture(folder / "captures" / "tiny.pcap")
    owner_file(folder / "owner.toml")
    (folder / "case.toml").write_text(CASE)
    return folder / "case.toml"
