"""The benchmark's captures are what the figures say they are."""

import importlib
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from decoded import read_tables

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def captures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captures")
    command = [
        sys.executable,
        str(BENCHMARKS / "make_captures.py"),
        str(folder),
        "--megabytes",
        "7",
        "--block",
        "6",
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def recording(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("recording")


def frames(path):
    data = path.read_bytes()
    at = 24
    while at < len(data):
        seconds, micros, kept, wire = struct.unpack_from("<IIII", data, at)
        assert kept == wire
        yield seconds * 1_000_000 + micros, data[at + 16 : at + 16 + kept]
        at += 16 + kept
    assert at == len(data)


def tcp_payload(frame):
    segment = frame[34 : 14 + int.from_bytes(frame[16:18], "big")]
    return segment[(segment[12] >> 4) * 4 :]


@pytest.mark.parametrize("name", ["plain-http", "tls13", "tls13-h2", "http3", "small-packets"])
def test_times_rise_and_checksums_hold_also_in_later_repetitions(captures, recording, name):
    last, flows = 0, set()
    for number, (time, frame) in enumerate(frames(captures / f"{name}.pcap")):
        assert time > last
        last = time
        ip = frame[14 : 14 + int.from_bytes(frame[16:18], "big")]
        flows.add(
            (min(ip[12:16], ip[16:20]), max(ip[12:16], ip[16:20]), ip[9], frozenset((ip[20:22], ip[22:24])))
        )
        if number % 50 == 0:
            assert recording.checksum(ip[:20]) == 0
            if ip[9] == 6:
                segment = ip[20:]
                pseudo = ip[12:20] + struct.pack("!BBH", 0, 6, len(segment))
                assert recording.checksum(pseudo + segment) == 0
    servers = {flow[1] for flow in flows}
    assert len(servers) == 2, "a second repetition of the block is other flows"


def test_half_of_the_plain_bytes_go_up_and_carry_facts(captures):
    up = down = 0
    sent = bytearray()
    for _, frame in frames(captures / "plain-http.pcap"):
        payload = tcp_payload(frame)
        if frame[26:30] == bytes((192, 168, 1, 23)):
            up += len(payload)
            sent += payload
        else:
            down += len(payload)
    assert 0.45 < up / (up + down) < 0.55
    facts = tomllib.loads((captures / "owner.toml").read_text())["fact"]
    assert len(facts) == len({fact["id"] for fact in facts}) == 200
    assert any(fact["value"].encode() in sent for fact in facts)
    assert b"\xff\xd8\xff\xe0" in sent


@pytest.mark.parametrize("name", ["tls13", "tls13-h2", "http3"])
def test_every_session_has_its_keys(captures, name):
    labels = [
        line.split()[0] for line in (captures / f"{name}.keys").read_text().splitlines() if line[0] != "#"
    ]
    assert labels.count("CLIENT_TRAFFIC_SECRET_0") == labels.count("SERVER_TRAFFIC_SECRET_0") > 10
    assert not list(captures.glob("*.pem"))


def test_small_packets_are_a_hundred_bytes(captures):
    assert {len(frame) for _, frame in frames(captures / "small-packets.pcap")} == {100}


def test_the_streams_of_http2_are_read_with_the_keys(captures, tmp_path):
    found = read_tables(captures / "tls13-h2.pcap", tmp_path, keys=[captures / "tls13-h2.keys"])
    assert {flow["protocol"] for flow in found["flow"]} == {"h2"}
    assert {flow["opaque_reason"] for flow in found["flow"]} <= {"", "own_encryption"}, "random files alone"
    requests = [row for row in found["message"] if row["method"]]
    answers = [row for row in found["message"] if row["status"]]
    assert len(requests) == len(answers) > 100
    assert all(row["complete"] and row["host"] for row in requests + answers)
