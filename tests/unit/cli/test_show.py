"""`show` derives the bytes again, marks what was found, and lets no captured byte steer the terminal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirewitness.case_folder import write_inputs
from wirewitness.cli import main, show_command
from wirewitness.cli.hexview import hex_view, text_view
from wirewitness.cli.terminal import texts_for
from wirewitness.decode import Stage
from wirewitness.kept_inputs import KeptInputs, read_kept

CAPTURE = b"not really a capture"
VALUE = b"490154203237518"
STAGES = [
    Stage("body", b"--b\r\n\r\n" + b"x" * 60_000),
    Stage("multipart", b'{"device": {"imei": "NDkwMTU0MjAzMjM3NTE4"}}'),
    Stage("json", b"NDkwMTU0MjAzMjM3NTE4"),
    Stage("base64", VALUE + b"\x1b]0;ran\x07\x1b[2J"),
]


@pytest.fixture
def shown(case, example, monkeypatch, tmp_path):
    """The case with its capture in place; what the core was asked stands in the list."""
    digest = hashlib.sha256(CAPTURE).hexdigest()
    result = example.example()
    result = replace(
        result,
        captures=(replace(result.captures[0], sha256=digest),),
        exposures=tuple(replace(one, capture=digest) for one in result.exposures),
        answers=tuple(replace(one, capture=digest) for one in result.answers),
    )
    (case / "result.json").write_text(result.text, "utf-8")
    (tmp_path / "capture.pcapng").write_bytes(CAPTURE)
    (tmp_path / "keys.log").write_bytes(b"CLIENT_RANDOM aa bb\n")
    asked = []

    def rederive(capture, message, *, keylogs=(), chunk_keys=()):
        asked.append((capture, message, list(keylogs), dict(chunk_keys)))
        return STAGES

    monkeypatch.setattr(show_command, "rederive", rederive)
    return asked


def test_show_says_how_often_such_a_lead_is_right_and_nothing_of_the_kind_of_a_fact(
    case, shown, capsys
) -> None:
    assert main(["show", str(case), "012e"]) == 0
    assert "99.5% of what this rule found was rightly named" in " ".join(capsys.readouterr().out.split())
    assert main(["show", str(case), "012e", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["confidence"]["found"] == 1000
    assert main(["show", str(case), "00c9"]) == 0
    assert "How often such findings are right" not in capsys.readouterr().out


def test_show_prints_each_step_and_the_value_found(case, shown, capsys) -> None:
    assert main(["show", str(case), "00c9"]) == 0
    printed = capsys.readouterr().out
    assert "IMEI (device number) → api.vendor.example" in printed
    # The steps of the exposure, in words that need no programmer.
    steps = (
        "address line",
        "body of several parts (multipart) at part:1",
        "JSON (named values as text) at /device/imei",
        "decode base64 (",
    )
    for number, name in enumerate(steps, 1):
        assert f"{number}. {name}" in printed
    assert "next step reads bytes 0 to 48,211" in printed
    assert ">34 39 30" in printed
    assert "38<1b" in printed
    assert printed.rstrip().endswith(VALUE.decode())
    (capture,), message, _, _ = shown[0]
    assert capture.read_bytes() == CAPTURE
    assert (message.number, message.place, len(message.steps)) == (201, "target", 3)


def test_no_escape_of_the_capture_reaches_the_terminal(case, shown, capsys, monkeypatch) -> None:
    monkeypatch.setattr(
        show_command,
        "rederive",
        lambda *_a, **_k: [*STAGES[:3], Stage("ba\x1b[1mse64", b"\x1b]0;ran\x07\xc2\x9b2J\r\n" + VALUE)],
    )
    assert main(["show", str(case), "00c9"]) == 0
    printed = capsys.readouterr().out
    assert not set(printed) & {"\x1b", "\x07", "\r", "\x9b"}
    assert "\\u{1b}]0;ran\\u{7}" in printed


def test_keys_and_export_come_from_what_the_audit_kept_or_from_the_options(case, shown, tmp_path) -> None:
    (tmp_path / "export.json").write_text('{"format": "optin-audit-export/1"}', "utf-8")
    write_inputs(
        case,
        case,
        KeptInputs(
            captures=(tmp_path / "capture.pcapng",),
            keys=(tmp_path / "keys.log",),
            audit_export=tmp_path / "export.json",
        ),
    )
    kept = json.loads((case / "inputs.json").read_text("utf-8"))
    assert kept["captures"] == ["../capture.pcapng"]
    assert read_kept(case).keys[0].read_bytes() == b"CLIENT_RANDOM aa bb\n"
    assert main(["show", str(case), "00c9"]) == 0
    assert b"CLIENT_RANDOM aa bb\n" in shown[0][2]
    (tmp_path / "other.log").write_bytes(b"# other")
    assert main(["show", str(case), "00c9", "--keys", str(tmp_path / "other.log")]) == 0
    assert b"# other" in shown[1][2]
    assert b"CLIENT_RANDOM aa bb\n" not in shown[1][2]


def test_a_moved_or_changed_capture_is_told_by_its_hash(case, shown, tmp_path, capsys) -> None:
    (tmp_path / "capture.pcapng").rename(tmp_path / "moved.pcapng")
    assert main(["show", str(case), "00c9"]) == 2
    assert "there is no such file; say where the capture is with --capture" in capsys.readouterr().err
    assert main(["show", str(case), "00c9", "--capture", str(tmp_path / "moved.pcapng")]) == 0
    capsys.readouterr()
    (tmp_path / "moved.pcapng").write_bytes(b"another")
    assert main(["show", str(case), "00c9", "--capture", str(tmp_path / "moved.pcapng")]) == 2
    assert "does not hold the capture with SHA-256" in capsys.readouterr().err


def test_an_unknown_or_ambiguous_id_is_refused(case, shown, capsys) -> None:
    assert main(["show", str(case), "zz"]) == 2
    assert "the result has no such exposure" in capsys.readouterr().err
    assert main(["show", str(case), "00"]) == 2
    assert "exposures begin so; write more of the id" in capsys.readouterr().err


def test_show_json_holds_the_value_in_hex(case, shown, capsys) -> None:
    assert main(["show", str(case), "00c9", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert bytes.fromhex(document["value_hex"]) == VALUE
    assert [stage["label"] for stage in document["stages"]] == ["body", "multipart", "json", "base64"]


@given(st.binary(max_size=300), st.integers(0, 300), st.integers(0, 300))
def test_the_hex_view_marks_exactly_the_range(data: bytes, one: int, other: int) -> None:
    start, end = sorted((min(one, len(data)), min(other, len(data))))
    text = hex_view(data, start, end, context=300, rows=100).plain
    rows = [line[9:58] for line in text.splitlines()]
    if start < end:
        assert sum(row.count(">") for row in rows) == 1
        marked = "".join(rows)
        inside = (
            marked[marked.index(">") + 1 : marked.index("<")]
            if "<" in marked
            else marked[marked.index(">") + 1 :]
        )
        assert bytes.fromhex(inside.replace(" ", "")) == data[start:end]
    assert bytes.fromhex("".join(rows).replace(">", " ").replace("<", " ").replace(" ", "")) == data
    assert all(char.isprintable() or char == "\n" for char in text)


@given(st.binary(max_size=2000))
def test_the_text_view_never_holds_what_cannot_be_seen(data: bytes) -> None:
    assert all(char.isprintable() or char == "\u3000" or char.isspace() for char in text_view(data))
    assert not set(text_view(data)) & set(map(chr, [*range(32), 127, *range(128, 160), 0x202E]))


def test_the_bytes_are_held_beside_the_owners_file(tmp_path) -> None:
    photo = bytes(range(256)) * 4
    (tmp_path / "beach.jpg").write_bytes(photo)
    owner = tmp_path / "owner.toml"
    owner.write_text(
        'format = "wirewitness-owner/1"\n[[fact]]\nid = "photo:beach"\nkind = "photo"\nfile = "beach.jpg"\n',
        "utf-8",
    )

    def said(data: bytes, span: tuple[int, int], digest: str = "", fact: str = "photo:beach") -> str:
        found = SimpleNamespace(fact=fact, range=span, digest=digest)
        return show_command._beside_the_owners(found, [Stage("body", data)], owner, texts_for("en"))

    assert said(b"--b" + photo, (3, 1027)).startswith("Byte for byte the owner's file beach.jpg")
    assert "from byte 100 to 300" in said(photo[100:300], (0, 200), "piece")
    assert "compare it by eye" in said(b"another picture", (0, 15), "picture")
    # Other bytes are not said to be the owner's, nor is anything where no file is known.
    assert said(b"another picture", (0, 15)) == ""
    assert said(photo, (0, 1024), fact="imei") == ""
