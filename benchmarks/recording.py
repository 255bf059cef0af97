"""Frames of TCP and UDP conversations, and captures that repeat a block of them.

A block is built once, with right checksums. Each repetition is another set of flows: it changes the low half
of the server's address, makes up for it in the IP identification and TCP window (both sums stay right), and
moves the times on. So a gigabyte takes seconds to write.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PHONE = bytes((192, 168, 1, 23))
SERVERS = bytes((198, 18))  # RFC 2544, section C.2.2: addresses for benchmarks; the low half varies
MACS = (bytes.fromhex("0200aabbcc17"), bytes.fromhex("0200aabbcc01"))
SEGMENT = 1448
# What a repetition is subtracted from; so many repetitions are possible.
SPARE = 0xF000
START_S = 1_405_900_800
PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0xFFFF, 1)
SYN, ACK, FIN, PSH = 0x02, 0x10, 0x01, 0x08


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(memoryview(data).cast("H"))  # the sum of swapped halves is the swapped sum
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    swapped = struct.pack("=H", ~total & 0xFFFF)
    return int.from_bytes(swapped, "big")


@dataclass
class Block:
    """pcap records of some seconds, and where each repetition must write."""

    data: bytearray = field(default_factory=bytearray)
    packets: int = 0
    micros: int = 0
    seconds_at: list[int] = field(default_factory=list)
    servers_at: list[int] = field(default_factory=list)
    spare_at: list[int] = field(default_factory=list)

    def add(self, *, up: bool, proto: int, segment: bytes, spare: int | None, frame_bytes: int = 0) -> None:
        """Adds a frame with a transport segment whose checksum is right for repetition 0.

        `spare` is the offset in the segment of what makes up for the address; `frame_bytes` pads the frame.
        """
        server = SERVERS + b"\0\0"
        addresses = PHONE + server if up else server + PHONE
        ip = bytearray(
            struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), SPARE, 0x4000, 64, proto, 0) + addresses
        )
        ip[10:12] = checksum(bytes(ip)).to_bytes(2, "big")
        ethernet = (MACS[1] + MACS[0] if up else MACS[0] + MACS[1]) + b"\x08\0"
        frame = (ethernet + bytes(ip) + segment).ljust(frame_bytes, b"\0")
        at = len(self.data)
        self.micros += 20
        stamp = divmod(self.micros, 1_000_000)
        self.data += struct.pack("<IIII", START_S + stamp[0], stamp[1], len(frame), len(frame)) + frame
        self.packets += 1
        self.seconds_at.append(at)
        self.servers_at.append(at + 16 + 14 + (18 if up else 14))
        self.spare_at.append(at + 16 + 14 + 4)
        if spare is not None:
            self.spare_at.append(at + 16 + 14 + 20 + spare)

    def add_tcp(
        self,
        *,
        up: bool,
        ports: tuple[int, int],
        seq: int,
        ack: int,
        flags: int,
        payload: bytes = b"",
        frame_bytes: int = 0,
    ) -> None:
        """Adds a TCP segment; `ports` are the phone's and the server's."""
        source, target = ports if up else ports[::-1]
        head = struct.pack("!HHIIBBHHH", source, target, seq, ack, 0x50, flags, SPARE, 0, 0)
        segment = bytearray(head + payload)
        pseudo = PHONE + SERVERS + b"\0\0" + struct.pack("!BBH", 0, 6, len(segment))
        segment[16:18] = checksum(pseudo + bytes(segment)).to_bytes(2, "big")
        self.add(up=up, proto=6, segment=bytes(segment), spare=14, frame_bytes=frame_bytes)

    def add_udp(self, *, up: bool, ports: tuple[int, int], payload: bytes, frame_bytes: int = 0) -> None:
        """Adds a datagram without checksum (RFC 768 allows it)."""
        source, target = ports if up else ports[::-1]
        self.add(
            up=up,
            proto=17,
            segment=struct.pack("!HHHH", source, target, 8 + len(payload), 0) + payload,
            spare=None,
            frame_bytes=frame_bytes,
        )

    def add_connection(
        self, ports: tuple[int, int], flights: Iterable[tuple[bool, bytes]], frame_bytes: int = 0
    ) -> None:
        """Adds a whole TCP connection: handshake, flights `(up, bytes)` with acknowledgements, end."""
        seq = [1000, 2000]  # the phone's and the server's
        self.add_tcp(up=True, ports=ports, seq=seq[0], ack=0, flags=SYN, frame_bytes=frame_bytes)
        self.add_tcp(
            up=False, ports=ports, seq=seq[1], ack=seq[0] + 1, flags=SYN | ACK, frame_bytes=frame_bytes
        )
        seq = [seq[0] + 1, seq[1] + 1]
        self.add_tcp(up=True, ports=ports, seq=seq[0], ack=seq[1], flags=ACK, frame_bytes=frame_bytes)
        for up, data in flights:
            one, other = (0, 1) if up else (1, 0)
            for number, at in enumerate(range(0, len(data), SEGMENT)):
                payload = data[at : at + SEGMENT]
                last = PSH if at + SEGMENT >= len(data) else 0
                self.add_tcp(
                    up=up,
                    ports=ports,
                    seq=seq[one],
                    ack=seq[other],
                    flags=ACK | last,
                    payload=payload,
                    frame_bytes=frame_bytes,
                )
                seq[one] += len(payload)
                if not frame_bytes and (number % 2 or last):
                    self.add_tcp(up=not up, ports=ports, seq=seq[other], ack=seq[one], flags=ACK)
        for up in (True, False):
            one, other = (0, 1) if up else (1, 0)
            self.add_tcp(
                up=up, ports=ports, seq=seq[one], ack=seq[other], flags=FIN | ACK, frame_bytes=frame_bytes
            )
            seq[one] += 1
        self.add_tcp(up=True, ports=ports, seq=seq[0], ack=seq[1], flags=ACK, frame_bytes=frame_bytes)

    def repetitions(self) -> Iterator[bytearray]:
        """The block again and again, each time with other flows; the buffer is used again."""
        seconds = self.micros // 1_000_000 + 1
        first = [struct.unpack_from("<I", self.data, at)[0] for at in self.seconds_at]
        for repetition in range(SPARE):
            server, spare = repetition.to_bytes(2, "big"), (SPARE - repetition).to_bytes(2, "big")
            for at, second in zip(self.seconds_at, first, strict=True):
                struct.pack_into("<I", self.data, at, second + repetition * seconds)
            for at in self.servers_at:
                self.data[at : at + 2] = server
            for at in self.spare_at:
                self.data[at : at + 2] = spare
            yield self.data


def write_capture(path: Path, block: Block, size: int) -> int:
    """Writes a pcap of at least `size` bytes; gives the number of packets."""
    packets = written = 0
    with path.open("wb") as file:
        written += file.write(PCAP_HEADER)
        for data in block.repetitions():
            written += file.write(data)
            packets += block.packets
            if written >= size:
                return packets
    raise ValueError(f"{path.name} would need more than {SPARE} repetitions of its block")
