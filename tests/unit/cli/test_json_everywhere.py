"""`--json` in every command: one JSON document on standard output and nothing else, that programs can rely on."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tiny_case import small_case

from wirewitness.cli import demo_command, main
from wirewitness.cli.commands import COMMANDS


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Path:
    """The folder of a small case: inputs, two audits, a sealed bundle."""
    folder = tmp_path_factory.mktemp("json")
    path = small_case(folder / "inputs")
    for name in ("a", "b"):
        assert main(["audit", "--case", str(path), "-o", str(folder / name), "-q"]) == 0
    assert main(["seal", str(folder / "a"), "-o", str(folder / "case.zip"), "-q"]) == 0
    return folder


ASKED: dict[str, list[str]] = {
    "audit": ["--case", "inputs/case.toml", "-o", "new-audit"],
    "show": ["a", "EXPOSURE"],
    "report": ["a", "--format", "csv"],
    "seal": ["a", "-o", "again.zip"],
    "verify": ["case.zip"],
    "redact": ["case.zip", "-o", "part.zip", "--keep", "C1"],
    "new": ["-o", "fresh", "--vendor", "V", "--claims", "C1"],
    "claims": [],
    "check": ["inputs/case.toml"],
    "compare": ["a", "b"],
    "plan": ["-o", "trials", "--claims", "C1", "--start", "2014-07-21T06:00:00Z"],
    "mark": ["backup=on", "--time", "2014-07-21T06:00:00Z"],
    "demo": ["-o", "demo"],
    "doctor": [],
}
TOLD = {
    "audit": "verdicts", "show": "stages", "report": "format", "seal": "seal", "verify": "findings_committed",
    "redact": "findings", "new": "case", "claims": "C1", "check": "C1", "compare": "verdicts", "plan": "plan_sha256",
    "mark": "event", "demo": "as_alleged",
}  # fmt: skip


def test_every_command_is_asked() -> None:
    assert {row.name for row in COMMANDS} == {*ASKED, "serve"}


@pytest.mark.parametrize("name", ASKED)
def test_it_prints_one_document_and_nothing_else(case, name, monkeypatch, capfd) -> None:
    monkeypatch.chdir(case)
    monkeypatch.setattr(demo_command, "play_world", lambda *_: case / "inputs" / "case.toml")
    exposure = json.loads((case / "a" / "result.json").read_text("utf-8"))["exposures"][0]["id"]
    words = [exposure if word == "EXPOSURE" else word for word in ASKED[name]]
    assert main([name, *words, "--json"]) == 0
    printed = capfd.readouterr()
    assert not printed.err
    document = json.loads(printed.out)
    if name == "doctor":
        assert {"part", "state", "well"} <= set(document[0])
    else:
        assert TOLD[name] in document


def test_show_without_an_id_lists_what_can_be_shown(case, capfd) -> None:
    ids = [one["id"] for one in json.loads((case / "a" / "result.json").read_text("utf-8"))["exposures"]]
    assert main(["show", str(case / "a")]) == 0
    assert [line.split()[0] for line in capfd.readouterr().out.splitlines()] == ids
    assert main(["show", str(case / "a"), "--json"]) == 0
    assert [one["id"] for one in json.loads(capfd.readouterr().out)] == ids


def test_serve_says_its_address_as_json_and_answers_there(case) -> None:
    pytest.importorskip("uvicorn")
    command = [sys.executable, "-m", "wirewitness", "serve", str(case / "a"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            told = json.loads(server.stdout.readline())
            place = urlsplit(told["address"])
            assert place.hostname == "127.0.0.1"
            assert Path(told["work"]).is_dir()
            asked = http.client.HTTPConnection("127.0.0.1", place.port)
            asked.request("GET", place.path)
            answer = asked.getresponse()
            assert answer.status == 200
            assert b"A small case" in answer.read()
            asked.close()
        finally:
            server.terminate()
            assert server.wait(20) == 0
    with pytest.raises(ConnectionRefusedError):  # the page ended with its program
        http.client.HTTPConnection("127.0.0.1", place.port).connect()


def test_a_mistake_prints_no_document(case, monkeypatch, capfd) -> None:
    monkeypatch.chdir(case)
    for words in (
        ["audit", "nowhere", "-o", "x"],
        ["show", "a", "zz"],
        ["verify", "a"],
        ["compare", "a", "x"],
    ):
        assert main([*words, "--json"]) == 2
        printed = capfd.readouterr()
        assert printed.out == ""
        assert len(printed.err.strip().splitlines()) == 1
