"""What the system refuses - reading, writing - is one sentence that names the file, and leaves nothing half-written.

A program of its own meets each refusal: root may read anything, so it first gives up that privilege.
"""

from __future__ import annotations

import ctypes
import json
import resource
import struct
import subprocess
import sys
from functools import partial

import pytest

from wirewitness.cli import main

HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
CAPTURE = HEAD + struct.pack("<IIII", 1, 0, 60, 60) + bytes(60)
PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24
OVERRIDES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: with them no permission is ever missing
LIBC = ctypes.CDLL(None)


def give_up_privilege() -> None:
    """In the child before it becomes the program: root is bound by permissions like anyone."""
    for capability in OVERRIDES:
        if LIBC.prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1:
            LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def limit_files(size: int) -> None:
    """In the child: no file may grow beyond `size` bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def run(folder, *arguments, before=give_up_privilege):
    """(exit code, lines of standard error) of an audit into folder/out."""
    command = [sys.executable, "-m", "wirewitness", "audit", *map(str, arguments), "--quiet"]
    done = subprocess.run(
        [*command, "-o", str(folder / "out")], check=False, capture_output=True, text=True, preexec_fn=before
    )
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


def refused(folder, *arguments, before=give_up_privilege):
    """The one sentence of an audit that must be refused and leave nothing."""
    there = sorted(folder.iterdir())
    code, lines = run(folder, *arguments, before=before)
    assert (code, len(lines)) == (2, 1), lines
    assert sorted(folder.iterdir()) == there, "something was left behind"
    return lines[0]


@pytest.fixture
def capture(tmp_path):
    path = tmp_path / "good.pcap"
    path.write_bytes(CAPTURE)
    return path


@pytest.fixture
def private(tmp_path):
    path = tmp_path / "private.pcap"
    path.write_bytes(CAPTURE)
    path.chmod(0)
    return path


@pytest.fixture
def privilege_can_be_given_up(private):
    """Skips where the program may read everything whatever it gives up."""
    command = [sys.executable, "-c", "import sys; open(sys.argv[1])", str(private)]
    if (
        subprocess.run(command, check=False, capture_output=True, preexec_fn=give_up_privilege).returncode
        == 0
    ):
        pytest.skip("this system reads files without permission")


@pytest.mark.parametrize("option", [(), ("--keys",), ("--owner",), ("--case",)])
@pytest.mark.usefixtures("privilege_can_be_given_up")
def test_a_file_that_may_not_be_read_is_named(tmp_path, capture, private, option):
    sentence = refused(tmp_path, *([capture] if option else []), *option, private)
    assert "private.pcap" in sentence
    assert "permission" in sentence.lower()


@pytest.mark.usefixtures("privilege_can_be_given_up")
def test_in_a_folder_it_is_passed_over_and_that_is_said(tmp_path, private):
    folder = tmp_path / "folder"
    folder.mkdir()
    private.rename(folder / "private.pcap")
    (folder / "good.pcap").write_bytes(CAPTURE)
    (folder / "notes.txt").write_text("no capture, and nothing to tell of")
    code, lines = run(tmp_path, folder)
    assert (code, len(lines)) == (0, 1)
    assert "private.pcap" in lines[0]
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert [one["path"] for one in result["captures"]] == [str(folder / "good.pcap")]
    unread = [note for note in result["notes"] if note["code"] == "capture_unreadable"]
    assert len(unread) == 1
    assert "private.pcap" in json.dumps(unread)


@pytest.mark.usefixtures("privilege_can_be_given_up")
def test_a_place_that_may_not_be_written_is_named(tmp_path, capture):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    assert "closed: cannot be written to" in refused(closed, capture)


@pytest.mark.parametrize("size", [0, 200, 3000, 8000, 20_000], ids="{} bytes".format)
def test_a_disk_that_fills_up_at_any_stage_leaves_no_folder(tmp_path, capture, size):
    """Tables, scratch tables, result and report in turn are what no longer fits."""
    sentence = refused(tmp_path, capture, before=partial(limit_files, size))
    assert "out: cannot be written" in sentence
    assert "nothing was kept" in sentence


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("holds_else", "holds no earlier result"),
        ("file", "is not a folder"),
        ("file/in", "cannot be written to"),
    ],
)
def test_what_stands_where_the_folder_should_be_is_left_alone(tmp_path, capture, capsys, output, says):
    (tmp_path / "holds_else").mkdir()
    (tmp_path / "holds_else" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("dear")
    there = sorted(tmp_path.rglob("*"))
    for force in ([], ["--force"]):
        assert main(["audit", str(capture), "-o", str(tmp_path / output), "--quiet", *force]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert says in lines[0]
        assert output.split("/", maxsplit=1)[0] in lines[0]
    assert sorted(tmp_path.rglob("*")) == there
    assert (tmp_path / "file").read_text() == "dear"


def test_a_wrong_option_is_named_with_the_way_to_the_right_ones(tmp_path, capture, capsys):
    assert main(["audit", str(capture), "-o", str(tmp_path / "out"), "--kees", "x"]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert "--kees" in lines[-1]
    assert [line for line in lines if "Error" in line] == lines[-1:]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_no_audit_wrote_is_not_shown(capture, capsys):
    assert main(["show", str(capture), "ab"]) == 2
    assert "is not the folder of an audit" in capsys.readouterr().err
