"""Bad input: one clear sentence that names the file, the right exit code, and nothing half-written."""

from __future__ import annotations

import gzip
import json
import struct

import pytest
from tiny_case import owner_file, tiny_capture

from wirelab.lab import App, Lab, Request, Response
from wirewitness.cli import main

HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
FRAME = struct.pack("<IIII", 1, 0, 60, 60) + bytes(60)


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """A phone that sends one report over TLS; returns the capture, its keys stand beside it."""
    from datetime import UTC, datetime, timedelta

    folder = tmp_path_factory.mktemp("lab")
    start = datetime(2014, 7, 20, tzinfo=UTC)
    with Lab(3, start) as lab:
        lab.record(folder / "capture.pcapng", keys="separate", key_path=folder / "keys.log")
        lab.host("api.example", lab.addresses.pick("DE", "cloud"), "DE", lambda _: Response(204))
        app = App("org.example.app")
        request = Request("POST", "api.example", "/report", body=b'{"imei":"490154203237518"}' * 40)
        lab.clock.at(start + timedelta(seconds=30), lambda: lab.phone.fetch(request, app))
        lab.run(start + timedelta(minutes=3))
    return folder / "capture.pcapng"


def refused(capsys, folder, *arguments):
    """Runs an audit that must be refused; returns its one sentence."""
    before = sorted(folder.iterdir())
    assert main(["audit", *map(str, arguments), "-o", str(folder / "out"), "--quiet"]) == 2
    assert sorted(folder.iterdir()) == before, "something was left behind"
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def anomalies(folder, *arguments):
    """Runs an audit that must go on; returns {anomaly kind: count}."""
    assert main(["audit", *map(str, arguments), "-o", str(folder / "out"), "--quiet"]) == 0
    result = json.loads((folder / "out" / "result.json").read_text())
    return {one["kind"]: one["count"] for one in result["anomalies"]}, result


def test_a_capture_among_others_that_cannot_be_read_is_told_and_the_others_are_audited(
    tmp_path, capsys, capture
):
    (tmp_path / "broken.pcap").write_bytes(b"hello, this is text\n" * 9)
    _, result = anomalies(tmp_path, capture, tmp_path / "broken.pcap")
    assert [one["path"] for one in result["captures"]] == [str(capture)]
    assert {"capture": "broken.pcap"}.items() <= next(
        note["params"] for note in result["notes"] if note["code"] == "capture_unreadable"
    ).items()
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "broken.pcap" in line
    assert "no pcap or pcapng capture" in line


def test_a_capture_that_is_not_there_is_a_mistake_and_refused(tmp_path, capsys, capture):
    assert "nowhere.pcap" in refused(capsys, tmp_path, capture, tmp_path / "nowhere.pcap")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notes.pcap", b"hello, this is text\n" * 9, "no pcap or pcapng capture"),
        ("empty.pcap", b"", "empty"),
    ],
)
def test_what_is_no_capture_is_refused_by_name(tmp_path, capsys, name, content, says):
    (tmp_path / name).write_bytes(content)
    sentence = refused(capsys, tmp_path, tmp_path / name)
    assert name in sentence
    assert says in sentence


def test_a_folder_without_captures_and_a_file_that_is_not_there(tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "readme.txt").write_text("nothing")
    assert "holds nothing that can be read" in refused(capsys, tmp_path, tmp_path / "folder")
    assert "there is no such file" in refused(capsys, tmp_path, tmp_path / "missing.pcap")


def test_a_capture_cut_in_a_packet_is_read_to_the_cut(tmp_path, capture):
    whole = capture.read_bytes()
    (tmp_path / "cut.pcapng").write_bytes(whole[: len(whole) - 30])
    found, result = anomalies(tmp_path, tmp_path / "cut.pcapng", "--keys", capture.with_name("keys.log"))
    assert found["capture_truncated"] == 1
    assert result["coverage"]["readable_up_bytes"] > 1000


def test_a_cut_gzip_is_read_to_the_cut(tmp_path, capture):
    packed = gzip.compress(capture.read_bytes())
    (tmp_path / "cut.pcapng.gz").write_bytes(packed[: len(packed) - 40])
    found, result = anomalies(tmp_path, tmp_path / "cut.pcapng.gz")
    assert found["capture_compression_damaged"] == 1
    assert result["captures"][0]["packets"] > 10


def test_a_length_of_four_gigabytes_ends_the_reading_not_the_program(tmp_path):
    huge = struct.pack("<IIII", 2, 0, 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 100
    (tmp_path / "huge.pcap").write_bytes(HEAD + FRAME + huge)
    found, result = anomalies(tmp_path, tmp_path / "huge.pcap")
    assert found["capture_bad_record"] == 1
    assert result["captures"][0]["packets"] == 1


def test_a_capture_without_packets_is_an_empty_inventory(tmp_path):
    (tmp_path / "none.pcap").write_bytes(HEAD)
    found, result = anomalies(tmp_path, tmp_path / "none.pcap")
    assert found == {}
    assert result["destinations"] == []


def test_garbage_in_a_key_log_is_counted_and_its_good_lines_are_used(tmp_path, capture):
    keys = tmp_path / "keys.log"
    keys.write_text("nonsense\nCLIENT_RANDOM zz zz\n" + capture.with_name("keys.log").read_text())
    found, result = anomalies(tmp_path, capture, "--keys", keys)
    assert found["key_log_bad_line"] == 2
    assert "keys_unused" not in found
    assert result["coverage"]["readable_up_bytes"] > 1000


def test_keys_of_other_sessions_are_said_to_open_nothing(tmp_path, capture):
    keys = tmp_path / "keys.log"
    keys.write_text(f"CLIENT_RANDOM {'ab' * 32} {'cd' * 48}\n")
    found, result = anomalies(tmp_path, capture, "--keys", keys)
    assert found["keys_unused"] == 1
    assert "no_keys" in {one["reason"] for one in result["coverage"]["opaque"]}


def test_an_earlier_result_is_not_overwritten_unasked(tmp_path, capture, capsys):
    anomalies(tmp_path, capture)
    assert "--force" in refused(capsys, tmp_path, capture)
    assert main(["audit", str(capture), "-o", str(tmp_path / "out"), "--quiet", "--force"]) == 0


def test_a_full_disk_told_by_a_library_is_one_sentence(tmp_path, capture, capsys, monkeypatch):
    def full(*_arguments, **_options):
        raise RuntimeError("TransactionContext Error: could not write: No space left on device")

    monkeypatch.setattr("wirewitness.case.find_coverage", full)
    assert "the disk is full" in refused(capsys, tmp_path, capture)


def test_a_key_log_beside_the_capture_is_used_and_said(tmp_path, capture):
    _, result = anomalies(tmp_path, capture)
    assert [n["params"] for n in result["notes"] if n["code"] == "keys_found"] == [{"log": "keys.log"}]
    assert result["coverage"]["readable_up_bytes"] > 0


def test_with_a_case_file_only_the_keys_that_it_names_are_used(tmp_path, capture):
    case = tmp_path / "case.toml"
    case.write_text(f'format = "wirewitness-case/1"\ntitle = "One report"\n[[capture]]\npath = "{capture}"\n')
    _, result = anomalies(tmp_path, "--case", case)
    assert "keys_found" not in {note["code"] for note in result["notes"]}
    assert {one["reason"] for one in result["coverage"]["opaque"]} == {"no_keys"}


WRONG_KEYS = {
    "photo.jpg": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 9, "photo.jpg, line 1: "),
    "empty.log": (b"", ""),
    "cert.pem": (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", ""),
    "broken.pem": (
        b"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n",
        "broken.pem, line 1: ",
    ),
}


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_a_wrong_key_file_is_named_with_what_was_expected_and_the_capture_is_read(tmp_path, capsys, name):
    data, line = WRONG_KEYS[name]
    (tmp_path / name).write_bytes(data)
    tiny_capture(tmp_path / "tiny.pcap")
    owner_file(tmp_path / "owner.toml")
    arguments = ["audit", str(tmp_path / "tiny.pcap"), "--keys", str(tmp_path / name)]
    arguments += ["--owner", str(tmp_path / "owner.toml"), "-o", str(tmp_path / "audit"), "--quiet"]
    assert main(arguments) == 0
    said = capsys.readouterr().err
    assert f"{name} was given as keys and holds none: expected a TLS key log" in " ".join(said.split())
    result = json.loads((tmp_path / "audit/result.json").read_text())
    assert [one["fact"] for one in result["exposures"]] == ["imei"]
    odd = [one["example"] for one in result["anomalies"] if one["kind"] == "key_log_bad_line"]
    assert [one.startswith(line) for one in odd] == [True] * bool(line)


def test_keys_of_other_sessions_and_a_wrong_line_are_told_by_file_and_line(tmp_path, capsys):
    log = f"CLIENT_RANDOM {'ab' * 32} {'cd' * 48}\nCLIENT_RANDOM xyz\n"
    (tmp_path / "other.log").write_text(log)
    tiny_capture(tmp_path / "tiny.pcap")
    arguments = ["audit", str(tmp_path / "tiny.pcap"), "--keys", str(tmp_path / "other.log")]
    assert main([*arguments, "-o", str(tmp_path / "audit"), "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    result = json.loads((tmp_path / "audit/result.json").read_text())
    told = {one["kind"]: one["example"] for one in result["anomalies"]}
    assert told["key_log_bad_line"].startswith("other.log, line 2: ")
    assert told["keys_unused"] == "1 secrets, none for a session in the captures"
