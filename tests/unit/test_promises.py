"""The promise that auditing opens no socket, kept by the whole way: the true core on a true capture.

`test_case.py` holds the same of the pipeline with hand-made tables. What runs below Python is held by reading the
core's sources: they name no type of the standard library that speaks to a network.
"""

from __future__ import annotations

import base64
import json
import re
import socket
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tiny_case import IMEI, owner_file, tiny_capture

from wirewitness import decode  # before sockets are refused: its libraries derive classes from them
from wirewitness.case import audit

CRATES = Path(__file__).parents[2] / "crates"


@pytest.fixture
def no_network(monkeypatch):
    """Whoever makes a socket or asks for a name fails the test."""

    def refuse(*_given, **_more):
        raise AssertionError("the audit reached for the network")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname", "gethostbyaddr"):
        monkeypatch.setattr(socket, name, refuse)


def test_auditing_opens_no_socket(tmp_path, no_network):
    owner = owner_file(tmp_path / "owner.toml")
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
