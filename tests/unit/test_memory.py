"""What an audit of very many small connections, or of very many destinations, needs at most, measured in a process of its own."""

from __future__ import annotations

import random
import struct
import subprocess
import sys

import pytest
from peak_memory import watched

from wirewitness.model.result import Result

MEMORY_MIB = 256
CONNECTIONS = 50_000
ADDRESSES = 50
PHONE = bytes((192, 168, 1, 23))
SYN, ACK, FIN = 2, 16, 1


def packet(*, up, proto, rest) -> tuple[bytes, int, int]:
    """A pcap record of a raw IP packet between the phone and 42.0.0.0, and where the server's address and the phone's port stand."""
    server = bytes((42, 0, 0, 0))
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(rest), 0, 0, 64, proto, 0)
    data = head + (PHONE + server if up else server + PHONE) + rest
    return (
        struct.pack("<IIII", 1405900900, 0, len(data), len(data)) + data,
        16 + (16 if up else 12),
        36 + (0 if up else 2),
    )


def connection(chance) -> list[tuple[bytes, int, int]]:
    """A connection of a protocol of its own, with a few hundred bytes each way, and its end."""

    def segment(up, flags, seq, ack, data=b""):
        ports = (40000, 5222) if up else (5222, 40000)
        head = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 0xFFFF, 0, 0)
        return packet(up=up, proto=6, rest=head + data)

    asked, answered = chance.randbytes(600), chance.randbytes(300)
    return [
        segment(True, SYN, 99, 0),
        segment(False, SYN | ACK, 299, 100),
        segment(True, ACK, 100, 300, asked),
        segment(False, ACK, 300, 700, answered),
        segment(True, FIN | ACK, 700, 600),
        segment(False, FIN | ACK, 600, 701),
        segment(True, ACK, 701, 601),
    ]


def datagrams(chance) -> list[tuple[bytes, int, int]]:
    """A few datagrams each way; nothing says that no more will come."""

    def one(up):
        ports = (40000, 9999) if up else (9999, 40000)
        return packet(
            up=up, proto=17, rest=struct.pack("!HHHH", *ports, 68, 0) + b"\1" + chance.randbytes(59)
        )

    return [one(True), one(False)] * 4


def capture_of(path, records, *, addresses) -> None:
    """As many conversations of these records, with so many servers."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0xFFFF, 101))
        for number in range(CONNECTIONS):
            server, port = number % addresses, struct.pack("!H", 10_000 + number // addresses)
            for record, at, port_at in records:
                data = bytearray(record)
                data[at + 2 : at + 4], data[port_at : port_at + 2] = struct.pack("!H", server), port
                file.write(data)


def peak_mib(capture, output) -> float:
    command = [sys.executable, "-m", "wirewitness", "audit", str(capture), "-o", str(output), "--quiet"]
    ran = subprocess.run(watched(*command), capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout) / 1024


@pytest.mark.parametrize("flow", [connection, datagrams])
def test_very_many_small_flows_fit_in_the_bound(tmp_path, flow):
    capture = tmp_path / "many.pcap"
    capture_of(capture, flow(random.Random(2014)), addresses=ADDRESSES)
    assert peak_mib(capture, tmp_path / "out") <= MEMORY_MIB


def test_very_many_destinations_fit_in_the_bound(tmp_path):
    capture = tmp_path / "many.pcap"
    capture_of(capture, datagrams(random.Random(2014))[:2], addresses=CONNECTIONS)
    assert peak_mib(capture, tmp_path / "out") <= MEMORY_MIB
    with (tmp_path / "out/result.json").open(encoding="utf-8") as file:
        destinations = Result.read(file, "result.json").destinations
    assert len({one.address for one in destinations}) == CONNECTIONS
    assert {one.flows for one in destinations} == {1}
