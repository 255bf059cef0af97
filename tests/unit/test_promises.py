"""The promise that auditing opens no socket, kept by the whole way: the true core on a true capture.

`test_case.py` holds the same of the pipeline with hand-made tables. What runs below Python is held by reading the
core's sources: they name no type of the standard library that speaks to a network.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import struct
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from wirewitness import decode  # before sockets are refused: its libraries derive classes from them
from wirewitness.case import audit

CRATES = Path(__file__).parents[2] / "crates"
IMEI = "490154203237518"
PHONE, CLOUD = bytes([192, 168, 1, 23]), bytes([42, 62, 94, 17])
REQUEST = f"GET /check?imei={IMEI} HTTP/1.1\r\nHost: api.vendor.example\r\n\r\n".encode()
SYN, ACK, PUSH_ACK = 0x02, 0x10, 0x18


def segment(*, up: bool, flags: int, seq: int, ack: int, payload: bytes = b"") -> bytes:
    """A raw IPv4 packet between the phone's port 40000 and the cloud's port 80; checksums are left zero."""
    source, target = (PHONE, CLOUD) if up else (CLOUD, PHONE)
    ports = (40000, 80) if up else (80, 40000)
    tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 5 << 4, flags, 65535, 0, 0) + payload
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, source, target) + tcp


def tiny_capture(path: Path, request: bytes = REQUEST) -> Path:
    """One plain request that carries an IMEI, as a pcap of raw IP packets a second apart."""
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


@pytest.fixture
def no_network(monkeypatch):
    """Whoever makes a socket or asks for a name fails the test."""

    def refuse(*_given, **_more):
        raise AssertionError("the audit reached for the network")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname", "gethostbyaddr"):
        monkeypatch.setattr(socket, name, refuse)


def test_auditing_opens_no_socket(tmp_path, no_network):
    owner = tmp_path / "owner.toml"
    owner.write_text(
        f'format = "wirewitness-owner/1"\n[[fact]]\nid = "imei"\nkind = "identifier.imei"\nvalue = "{IMEI}"\n'
    )
    result = audit([tiny_capture(tmp_path / "tiny.pcap")], tmp_path / "audit", owner=owner, decoder=decode)
    # The whole way was walked: the fact is found, its destination looked up.
    assert [(e.fact, e.kind) for e in result.exposures] == [("imei", "identifier.imei")]
    assert [(d.host, d.country) for d in result.destinations] == [("api.vendor.example", "CN")]


def test_no_table_holds_the_value_wherever_it_stood(tmp_path):
    """In the path, in base64 in the path, as a parameter without a name, in the host, in a label of the browser, as
    the name of a member."""
    body = json.dumps({"devices": {IMEI: {"seen": IMEI}}}).encode()
    code = base64.b64encode(IMEI.encode()).decode()
    head = (
        f"POST /d/{IMEI}/{code}?{IMEI}&x={code} HTTP/1.1\r\nHost: {IMEI}.vendor.example\r\n"
        f"User-Agent: Phone/{IMEI}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    owner = tmp_path / "owner.toml"
    owner.write_text(
        f'format = "wirewitness-owner/1"\n[[fact]]\nid = "imei"\nkind = "identifier.imei"\nvalue = "{IMEI}"\n'
    )
    capture = tiny_capture(tmp_path / "tiny.pcap", head.encode() + body)
    result = audit([capture], tmp_path / "audit", owner=owner, decoder=decode)
    places = {e.where.lower() for e in result.exposures if e.fact == "imei"}
    assert places == {"target", "header:host", "header:user-agent", "body"}
    assert {e.destination for e in result.exposures} == {"*.vendor.example"}
    for table in (tmp_path / "audit" / "tables").glob("*.parquet"):
        text = str(pq.read_table(table).to_pylist())
        assert IMEI not in text, table.name
        assert code[:16] not in text, table.name
    assert IMEI not in (tmp_path / "audit" / "result.json").read_text()
    message = pq.read_table(tmp_path / "audit" / "tables" / "message.parquet").to_pylist()[0]
    assert (message["target"], message["host"]) == ("/*?*&x=*", "*.vendor.example")


def test_the_core_names_nothing_that_speaks_to_a_network():
    network = re.compile(r"\b(?:Tcp(?:Stream|Listener)|UdpSocket|UnixStream|ToSocketAddrs|libc::socket)\b")
    sources = list(CRATES.glob("*/src/**/*.rs"))
    assert len(sources) > 50
    assert [str(path) for path in sources if network.search(path.read_text("utf-8"))] == []
