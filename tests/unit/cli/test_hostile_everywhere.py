"""A case in which every text that somebody else chose is an attack: nothing that is printed or written steers a
terminal, runs in a page, computes in a spreadsheet or forms markup."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path

import pytest
import stix2
from har_schema import har_errors
from tiny_case import IMEI, small_case, tiny_capture

from wirewitness.cli import main
from wirewitness.report.formats import Format

ESC = "\x1b]0;ran\x07\x1b[2J\x9b31m\u202eeslaf\u2066"
BAD = f"=cmd|'/c calc'!A1<script>ran()</script>{ESC}"
NAME = "=1\u202e<b>\u2066.pcap"
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def steers(text: str) -> set[str]:
    """The characters of a text that a terminal would obey or that turn a line around."""
    return {char for char in text if unicodedata.category(char) in UNSEEN and char not in "\n\t"}


def toml(text: str) -> str:
    return json.dumps(text)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    """The folder of an audit of a hostile capture by a hostile case file, and beside it a second audit."""
    folder = tmp_path_factory.mktemp("hostile")
    case = small_case(folder / "inputs")
    capture = folder / "inputs" / "captures" / "tiny.pcap"
    request = (
        f"GET /{BAD}?imei={IMEI}&{BAD}={BAD} HTTP/1.1\r\nHost: {BAD}.example\r\nUser-Agent: {BAD}\r\n"
        f"Cookie: {BAD}={IMEI}\r\nX-{BAD}: {BAD}\r\nContent-Type: {BAD}\r\n\r\n"
    )
    tiny_capture(capture, request.encode("utf-8", "surrogateescape"))
    capture.rename(capture.with_name(NAME))
    text = case.read_text()
    text = text.replace('"captures/tiny.pcap"', toml(f"captures/{NAME}")).replace('"1"', toml(BAD))
    for plain in (
        "A small case",
        "Vendor",
        "VN-1",
        "The phone sends its IMEI.",
        "a forum",
        "it sends the IMEI",
    ):
        text = text.replace(f'"{plain}"', toml(BAD))
    text += f'[[event]]\ntime = "2014-07-21T00:00:01Z"\nevent = "do"\nkey = {toml(BAD)}\nnote = {toml(BAD)}\n'
    text += f'[[control]]\nid = {toml(BAD)}\ndata = ["identifier.imei"]\nnote = {toml(BAD)}\n'
    case.write_text(text)
    for name in ("one", "two"):
        words = ["audit", "--case", str(case), "-o", str(folder / name), "--by", BAD, "--where", BAD, "-q"]
        assert main(words) == 0
    return folder


def test_the_attack_reaches_the_result(hostile) -> None:
    """Else the tests below would prove nothing."""
    result = json.loads((hostile / "one" / "result.json").read_text("utf-8"))
    assert result["exposures"]
    assert any(steers(one["destination"]) or "script" in one["destination"] for one in result["exposures"])
    assert steers(result["title"])
    assert steers(result["captures"][0]["path"])


def commands(hostile: Path) -> list[list[str]]:
    one, two, case = str(hostile / "one"), str(hostile / "two"), str(hostile / "inputs" / "case.toml")
    result = json.loads((hostile / "one" / "result.json").read_text("utf-8"))
    exposure = result["exposures"][0]["id"]
    sealed, part = str(hostile / "case.zip"), str(hostile / "part.zip")
    return [
        ["audit", "--case", case, "-o", one, "--force", "-v"],
        ["audit", "--case", case, "-o", one, "--force", "-v", "--lang", "zh"],
        ["show", one, exposure],
        ["check", case],
        ["compare", one, two],
        *(["report", one, "--format", form.value] for form in Format),
        ["seal", one, "-o", sealed, "--by", BAD],
        ["verify", sealed],
        ["redact", sealed, "-o", part, "--keep", exposure, "--row", "message:1"],
        ["verify", part],
    ]


@pytest.mark.parametrize("json_too", [False, True])
def test_no_command_prints_what_steers_a_terminal(hostile, capfd, json_too) -> None:
    for path in hostile.glob("*.zip"):
        path.unlink()
    for words in commands(hostile):
        asked = [*words, "--json"] if json_too else words
        assert main(asked) == 0, (words, capfd.readouterr())
        printed = capfd.readouterr()
        assert not steers(printed.out), words
        assert not steers(printed.err), words
        assert printed.out
        if json_too:
            json.loads(printed.out)


@pytest.mark.parametrize(
    "words",
    [
        ["audit", f"nowhere{ESC}", "-o", "x"],
        ["audit", f"--{ESC}"],
        [f"aud{ESC}"],
        ["report", f"x{ESC}"],
        ["report", "x", "--format", ESC],
        ["show", "x", ESC],
        ["verify", ESC],
        ["seal", ESC, "-o", "x.zip"],
        ["claims", "--lang", ESC],
        ["mark", f"backup={ESC}"],
        ["new", "-o", "y", "--claims", ESC],
        ["check", ESC],
        ["compare", ESC, ESC],
        ["plan", "-o", "z", "--claims", ESC, "--start", ESC],
    ],
)
def test_no_error_steers_a_terminal(tmp_path, monkeypatch, capfd, words) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    printed = capfd.readouterr()
    assert not steers(printed.err)
    assert not printed.out
    assert len(printed.err.strip().splitlines()) <= 4


def test_a_capture_with_a_name_that_steers_is_refused_by_a_bundle_and_said_safely(tmp_path, capfd) -> None:
    capture = tiny_capture(tmp_path / "x\x1b[2J.pcap")
    assert main(["audit", str(capture), "-o", str(tmp_path / "audit")]) == 0
    assert main(["seal", str(tmp_path / "audit"), "-o", str(tmp_path / "case.zip")]) == 2
    printed = capfd.readouterr()
    assert not steers(printed.out + printed.err)
    assert "its name holds control characters" in printed.err


def test_no_file_of_a_case_holds_what_steers_a_terminal(hostile, capfd) -> None:
    for form in Format:
        assert main(["report", str(hostile / "one"), "--format", form.value]) == 0
    capfd.readouterr()
    for name in ("result.json", "inputs.json", "custody.json", "report.html", *(f.file for f in Format)):
        text = (hostile / "one" / name).read_text("utf-8")
        assert not steers(text.replace("\r\n", "\n")), name
    for revealed in (Format.HAR, Format.HTML):
        assert main(["report", str(hostile / "one"), "--format", revealed.value, "--reveal"]) == 0
        assert not steers((hostile / "one" / revealed.file).read_text("utf-8")), revealed
    capfd.readouterr()


def test_each_form_of_the_hostile_case_is_valid_and_computes_nothing(hostile, capfd) -> None:
    for form in ("csv", "md", "stix", "har"):
        assert main(["report", str(hostile / "one"), "--format", form]) == 0
    capfd.readouterr()
    rows = list(csv.reader(io.StringIO((hostile / "one" / "report.csv").read_text("utf-8"), newline="")))
    assert any("cmd|" in cell for row in rows for cell in row)
    for row in rows:
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert "<script" not in (hostile / "one" / "report.md").read_text("utf-8")
    bundle = stix2.parse((hostile / "one" / "report.stix.json").read_text("utf-8"), allow_custom=False)
    assert any(one.type == "observed-data" for one in bundle.objects)
    assert har_errors(json.loads((hostile / "one" / "report.har").read_text("utf-8"))) == []
