"""`wirewitness audit -`: a capture through a real pipe, looked at as it comes, stopped by its end or by Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from peak_memory import watched
from tiny_case import owner_file, small_case, tiny_capture

from wirewitness.cli import main


def audit_of_a_pipe(folder):
    return [sys.executable, "-m", "wirewitness", "audit", "-", "-o", str(folder / "night")]


@contextmanager
def listening(folder, *arguments):
    """The command with a pipe as its standard input."""
    command = [*audit_of_a_pipe(folder), *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        process.wait(20)


def arrived(process, path, size):
    """Wait until the recording holds so many bytes."""
    while not path.exists() or path.stat().st_size < size:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)


def exposures(folder):
    result = json.loads((folder / "night/result.json").read_text())
    return [(x["fact"], x["destination"]) for x in result["exposures"]]


@pytest.fixture
def given(tmp_path):
    owner_file(tmp_path / "owner.toml")
    data = tiny_capture(tmp_path / "tiny.pcap").read_bytes()
    return tmp_path, data


def test_a_capture_through_a_pipe_is_audited_at_its_end_and_kept(given):
    folder, data = given
    with listening(folder, "--owner", "owner.toml") as process:
        for at in range(0, len(data), 7):  # a pipe keeps no packet whole
            process.stdin.write(data[at : at + 7])
            process.stdin.flush()
        process.stdin.close()
        assert process.wait(60) == 0, process.stderr.read()
        assert b"night.pcap" in process.stderr.read()
    assert exposures(folder) == [("imei", "api.vendor.example")]
    assert (folder / "night.pcap").read_bytes() == data
    result = json.loads((folder / "night/result.json").read_text())
    assert main(["show", str(folder / "night"), result["exposures"][0]["id"]]) == 0


def test_what_came_is_on_the_disk_at_once_and_ctrl_c_ends_the_recording_and_not_the_audit(given):
    """The writer never closes its pipe; the last packet is cut in the middle."""
    folder, data = given
    with listening(folder, "--owner", "owner.toml", "--quiet") as process:
        process.stdin.write(data[:-9])
        process.stdin.flush()
        arrived(process, folder / "night.pcap", len(data) - 9)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, process.stderr.read()
        assert process.stderr.read() == b""
    assert exposures(folder) == [("imei", "api.vendor.example")]


def test_what_is_no_capture_is_refused_while_the_pipe_is_open(given):
    folder, _ = given
    with listening(folder) as process:
        process.stdin.write(b"tcpdump: you do not have permission\n" * 4)
        process.stdin.flush()
        assert process.wait(60) == 2
        assert b"wirewitness: standard input: " in process.stderr.read()
    assert not list(folder.glob("night*"))


def test_an_empty_pipe_is_refused_and_leaves_nothing(given):
    folder, _ = given
    with listening(folder) as process:
        process.stdin.close()
        assert process.wait(60) == 2
        assert b"empty" in process.stderr.read()
    assert not list(folder.glob("night*"))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [(["--owner", "gone.toml"], "gone.toml"), (["--case", "gone.toml"], "gone.toml"), (["-"], "given once")],
)
def test_a_wrong_argument_is_told_before_anything_is_recorded(given, arguments, why):
    folder, _ = given
    with listening(folder, *arguments) as process:
        assert process.wait(60) == 2
        assert why in process.stderr.read().decode()
    assert not list(folder.glob("night*"))


def test_a_recording_is_never_written_over(given):
    folder, data = given
    for _ in range(2):
        with listening(folder, "--owner", "owner.toml", "--force") as process:
            process.stdin.write(data)
            process.stdin.close()
            assert process.wait(60) == 0
    assert [(folder / name).read_bytes() for name in ("night.pcap", "night-2.pcap")] == [data, data]


def test_a_live_capture_may_join_a_case(given):
    folder, data = given
    case = small_case(folder / "case")
    (case.parent / "captures/tiny.pcap").write_bytes(data)
    with listening(folder, "--case", str(case)) as process:
        process.stdin.write(data)
        process.stdin.close()
        assert process.wait(60) == 0, process.stderr.read()
    result = json.loads((folder / "night/result.json").read_text())
    assert len(result["captures"]) == 1
    assert "capture_twice" in {note["code"] for note in result["notes"]}


def test_at_a_terminal_it_says_what_to_pipe(given, monkeypatch, capsys):
    folder, _ = given
    ours, terminal = os.openpty()
    with os.fdopen(terminal) as stdin, os.fdopen(ours):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["audit", "-", "-o", str(folder / "night")]) == 2
    assert "tcpdump" in capsys.readouterr().err


def most_memory(folder, pieces):
    """What an audit of such a stream needs at most, in MiB."""
    folder.mkdir()
    command = watched(*audit_of_a_pipe(folder), "--quiet")
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    )
    for piece in pieces:
        process.stdin.write(piece)
    told, wrong = process.communicate()
    assert process.returncode == 0, wrong
    return int(told) / 1024


def test_a_long_stream_needs_no_more_memory_than_a_short_one(given):
    """60 MB that come through the pipe are on the disk, and nowhere else."""
    _, data = given
    packet = bytes([0x45, 0, 5, 120, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 1, 23, 42, 62, 94, 17])
    packet += bytes([156, 64, 39, 16, 5, 100, 0, 0]) + bytes(1372)
    record = struct.pack("<IIII", 1405900900, 0, len(packet), len(packet)) + packet
    piece = record * 700
    short = most_memory(given[0] / "short", [data, piece])
    long = most_memory(given[0] / "long", [data, *[piece] * 60])
    assert (given[0] / "long/night.pcap").stat().st_size > 55 << 20
    assert long < short + 40
