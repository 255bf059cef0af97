"""Small pcap captures of TCP conversations whose TLS nobody can read: a hello with a name, then records."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

Turn = tuple[bool, bytes]
"""Whether the client says it, and what."""
SYN, ACK, FIN = 0x02, 0x10, 0x01


def hello(name: str, random: bytes) -> bytes:
    """A ClientHello of TLS 1.2 with a server name, in its record."""
    host = name.encode()
    sni = struct.pack(">HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host
    body = b"\x03\x03" + random + b"\0" + b"\0\x02\xc0\x2f" + b"\x01\0" + struct.pack(">H", len(sni)) + sni
    return record(22, b"\x01" + struct.pack(">I", len(body))[1:] + body)


def server_hello(random: bytes) -> bytes:
    """The answer that chooses TLS 1.2, and both sides' word that encryption begins."""
    body = b"\x03\x03" + random + b"\0\xc0\x2f\0"
    return record(22, b"\x02" + struct.pack(">I", len(body))[1:] + body) + record(20, b"\x01")


def record(kind: int, body: bytes) -> bytes:
    """A record of TLS 1.2."""
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def tls_turns(name: str, number: int, up: int, down: int, seed: int = 0) -> list[Turn]:
    """A handshake for `name`, then so many sealed bytes each way."""
    sealed = [bytes((n * 151 + number * 7 + seed) % 251 for n in range(size)) for size in (up, down)]
    random = struct.pack(">II", number, seed) * 4
    return [
        (True, hello(name, random)),
        (False, server_hello(random)),
        (True, record(20, b"\x01") + record(23, sealed[0])),
        (False, record(23, sealed[1])),
    ]


def talk(client: str, client_port: int, server: str, server_port: int, turns: Iterable[Turn]) -> list[bytes]:
    """The IPv4 packets of one TCP connection."""
    sides = {True: (client, client_port), False: (server, server_port)}
    seq = {True: 100, False: 900}
    packets = []

    def say(up: bool, flags: int, payload: bytes = b"") -> None:
        (source, sport), (target, dport) = sides[up], sides[not up]
        numbers = (sport, dport, seq[up], seq[not up] if flags & ACK else 0)
        tcp = struct.pack(">HHIIBBHHH", *numbers, 5 << 4, flags, 65535, 0, 0) + payload
        ends = ip_address(source).packed + ip_address(target).packed
        packets.append(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + ends + tcp)
        seq[up] += len(payload) + bool(flags & (SYN | FIN))

    say(up=True, flags=SYN)
    say(up=False, flags=SYN | ACK)
    for up, payload in turns:
        for at in range(0, len(payload), 1400):
            say(up, ACK, payload[at : at + 1400])
    say(up=True, flags=FIN | ACK)
    say(up=False, flags=FIN | ACK)
    return packets


def write_pcap(path: Path, packets: Iterable[tuple[float, bytes]]) -> Path:
    """A pcap of raw IP packets, each with its time in seconds since 1970."""
    records = [
        struct.pack("<IIII", int(at), round(at % 1 * 1e6) % 1_000_000, len(data), len(data)) + data
        for at, data in sorted(packets, key=lambda one: one[0])
    ]
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(records))
    return path
