"""A recording that is decoded while it comes: the tables of the file's own audit, there when the pipe ends."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tiny_case import IMEI, owner_file
from tls_talk import talk, tls_turns, write_pcap

from wirewitness import decode
from wirewitness.case import audit
from wirewitness.case_inputs import Given
from wirewitness.case_live import FIRST_LOOK, follow_recording
from wirewitness.model.decoding import TABLES

PHONE, OTHER, START = "192.168.1.23", "192.168.1.99", 1_714_557_600


def conversations(phone, count, first=0):
    packets = []
    for number in range(first, first + count):
        ends = (phone, 40_000 + number, f"198.51.100.{number % 200 + 1}", 443)
        said = tls_turns(f"h{number}.example", number, 900, 400)
        packets += [(START + number + n * 0.01, data) for n, data in enumerate(talk(*ends, said))]
    upload = f"GET /?imei={IMEI} HTTP/1.1\r\nHost: api.example\r\n\r\n".encode()
    plain = talk(phone, 30_000 + first, "198.51.100.250", 80, [(True, upload)])
    return packets + [(START + first + 0.5 + n * 0.01, data) for n, data in enumerate(plain)]


@pytest.fixture
def recorded(tmp_path):
    """What a night's recording does: a file that grows, and what follows it."""

    def play(packets, phone=(), keys=(), piece=10_000, in_step=False):
        owner = owner_file(tmp_path / "owner.toml")
        data = write_pcap(tmp_path / "whole.pcap", packets).read_bytes()
        path = tmp_path / "night.pcap"
        given = Given((Path("-"),), tuple(keys), owner, None, tuple(phone))
        with follow_recording(given, tmp_path) as live, path.open("wb", buffering=0) as file:
            live.begin(path)
            for at in range(0, len(data), piece):
                file.write(data[at : at + piece])
                live.grew(file.tell())
                if in_step:  # the recording is no faster than what follows it
                    live.wait_for(file.tell())
            taken = live.wait_for(len(data))
            live.ended(decode.prescan(path))
            audit([path], tmp_path / "live", owner=owner, phone=phone, keys=keys, live=live)
        audit([path], tmp_path / "file", owner=owner, phone=phone, keys=keys)
        assert not list(tmp_path.glob(".night*")), "nothing is left beside"
        return taken, len(data), live

    return play


def tables(folder):
    return {name: pq.read_table(folder / f"tables/{name}.parquet").to_pylist() for name in TABLES}


def again(monkeypatch):
    """How often a file is decoded as any other."""
    calls = []
    whole = decode.decode_captures
    monkeypatch.setattr(decode, "decode_captures", lambda *given: (calls.append(1), whole(*given))[1])
    return calls


@pytest.mark.parametrize("phone", [(), (PHONE,)], ids=["asked of the packets", "given"])
def test_before_the_pipe_ends_all_was_decoded_and_the_result_is_the_files(
    tmp_path, monkeypatch, recorded, phone
):
    calls = again(monkeypatch)
    taken, size, _ = recorded(conversations(PHONE, 120), phone=phone)
    assert taken == size > 2 * FIRST_LOOK, "all of it, while the pipe was open"
    assert len(calls) == 1, "the file's own audit alone decodes the file"
    assert tables(tmp_path / "live") == tables(tmp_path / "file")
    live, file = ((tmp_path / name / "result.json").read_text() for name in ("live", "file"))
    assert live == file
    assert '"imei"' in live


def test_where_the_whole_says_that_another_is_the_phone_it_is_decoded_again(tmp_path, monkeypatch, recorded):
    calls = again(monkeypatch)
    recorded(conversations(OTHER, 100) + conversations(PHONE, 130, first=100), in_step=True)
    assert len(calls) == 2, "the first sizes asked spoke for the other device"
    assert tables(tmp_path / "live") == tables(tmp_path / "file")


def test_where_the_phone_shows_itself_only_later_decoding_begins_anew_and_serves(
    tmp_path, monkeypatch, recorded
):
    calls = again(monkeypatch)
    packets = conversations(OTHER, 30) + conversations(PHONE, 600, first=30)
    recorded(packets, in_step=True)
    assert len(calls) == 1
    assert tables(tmp_path / "live") == tables(tmp_path / "file")


def test_a_key_log_that_grew_meanwhile_is_used_whole(tmp_path, monkeypatch, recorded):
    calls = again(monkeypatch)
    log = tmp_path / "keys.log"
    log.write_text("# nothing yet\n")

    def grown(path):
        log.write_text(f"CLIENT_RANDOM {'00' * 32} {'11' * 48}\n")
        return prescan(path)

    prescan = decode.prescan
    monkeypatch.setattr(decode, "prescan", grown)
    recorded(conversations(PHONE, 60), keys=[log])
    assert len(calls) == 2
    assert tables(tmp_path / "live") == tables(tmp_path / "file")


def test_what_is_given_up_leaves_nothing(tmp_path):
    given = Given((Path("-"),), (), None, None, ())
    path = write_pcap(tmp_path / "night.pcap", conversations(PHONE, 3))
    with follow_recording(given, tmp_path) as live:
        live.begin(path)
        live.grew(100)
    assert [one.name for one in tmp_path.iterdir()] == ["night.pcap"]
