"""The commands: what they print, where errors go, and which code they end with."""

from __future__ import annotations

import errno
import json

import pytest

from wirewitness import __version__
from wirewitness.cli import audit_command, demo_command, main
from wirewitness.model.errors import Bug, InputError
from wirewitness.model.result import Result
from wirewitness.report.formats import Format


@pytest.fixture
def audited(example, monkeypatch):
    """`audit` with the pipeline below replaced by the example; what it was asked stands in the list."""
    asked = []

    def fake(captures, output, **options):
        asked.append((captures, output, options))
        output.mkdir(parents=True)
        (output / "result.json").write_text(example.example().text, "utf-8")
        options["finish"](output, example.example())
        return example.example()

    monkeypatch.setattr(audit_command, "audit_case", fake)
    return asked


def test_version_and_help_end_well(capsys) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"wirewitness {__version__}\n"
    for command in ("audit", "show", "report", "demo", "doctor"):
        assert main([command, "--help"]) == 0
        assert "Example" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audti"], "No such command"),
        (["audit", "a.pcap"], "--output"),
        (["audit", "-o", "x"], "nothing to audit"),
        (["audit", "a.pcap", "-o", "x", "--lang", "kl"], "no texts in the language 'kl'"),
        (["report", "nowhere"], "holds no result.json"),
        (["show", "nowhere", "ab"], "holds no result.json"),
    ],
)
def test_a_wrong_argument_is_said_on_standard_error_and_ends_with_2(
    capsys, arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("a.pcap", "is not a capture"), 2, "wirewitness: a.pcap: is not a capture"),
        (
            OSError(errno.ENOSPC, "No space left on device", "case/tables"),
            2,
            "case/tables: No space left on device",
        ),
        (Bug("a promise was broken"), 1, "a fault of wirewitness"),
        (ZeroDivisionError("oops"), 1, "a fault of wirewitness"),
        (InputError("a\x1b[2J.pcap", "is not a capture"), 2, "a\\u{1b}[2J.pcap"),
    ],
)
def test_an_error_is_one_sentence_and_debug_shows_where(  # noqa: PLR0917 - fixtures
    capsys, monkeypatch, tmp_path, error, code, said
) -> None:
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr(audit_command, "audit_case", fail)
    arguments = ["audit", "a.pcap", "-o", str(tmp_path / "x")]
    assert main(arguments) == code
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
    assert "\x1b" not in printed
    assert main([*arguments, "--debug"]) == code
    assert "test_commands.py" in capsys.readouterr().err


def test_audit_passes_on_what_it_was_given_and_prints_a_summary(audited, capsys, tmp_path) -> None:
    folder = tmp_path / "case"
    arguments = [
        "audit",
        "a.pcap",
        "b.pcapng",
        "--keys",
        "k1",
        "--keys",
        "k2",
        "--owner",
        "o.toml",
        "--phone",
        "10.0.0.2",
    ]
    assert main([*arguments, "-o", str(folder), "-v"]) == 0
    (captures, output, options) = audited[0]
    assert [str(one) for one in captures] == ["a.pcap", "b.pcapng"]
    assert output == folder
    assert [str(one) for one in options["keys"]] == ["k1", "k2"]
    assert options["phone"] == ["10.0.0.2"]
    printed = capsys.readouterr()
    assert printed.err == ""
    for words in (
        "Xiaomi RedMi Note", "Recorded on this device", "Unresolved, for neither side", "IMEI", "Read 87.3% of 402",
        "wirewitness show", "report.html", "China",
    ):  # fmt: skip
        assert words in printed.out
    assert (folder / "report.html").is_file()
    assert "\x1b" not in printed.out


def test_audit_speaks_the_language_of_the_environment(audited, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert main(["audit", "a.pcap", "-o", str(tmp_path / "case")]) == 0
    assert "未决，不偏向任何一方" in capsys.readouterr().out
    assert '<html lang="zh-Hans">' in (tmp_path / "case" / "report.html").read_text("utf-8")


def test_audit_json_is_the_result_and_quiet_says_nothing(audited, capsys, tmp_path, example) -> None:
    assert main(["audit", "a.pcap", "-o", str(tmp_path / "one"), "--json"]) == 0
    assert Result.from_text(capsys.readouterr().out) == example.example()
    assert main(["audit", "a.pcap", "-o", str(tmp_path / "two"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_colours_come_only_when_they_are_wanted(audited, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["audit", "a.pcap", "-o", str(tmp_path / "one")]) == 0
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["audit", "a.pcap", "-o", str(tmp_path / "two")]) == 0
    assert "\x1b[3" not in capsys.readouterr().out


def test_report_writes_the_page_anew_in_another_language(case, capsys) -> None:
    assert main(["report", str(case), "--lang", "fr"]) == 0
    assert "Rapport" in capsys.readouterr().out
    assert '<html lang="fr">' in (case / "report.html").read_text("utf-8")
    assert main(["report", str(case), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "report": str(case / "report.html"),
        "format": "html",
        "language": "en",
    }


@pytest.mark.parametrize("form", [form for form in Format if form is not Format.HAR])
def test_a_report_goes_where_it_is_asked_to_and_over_nothing_of_the_case(
    case, tmp_path, capsys, form
) -> None:
    before = {path: path.read_bytes() for path in case.rglob("*") if path.is_file()}
    there = tmp_path / "elsewhere.out"
    assert main(["report", str(case), "--format", form.value, "-o", str(there)]) == 0
    assert str(there) in capsys.readouterr().out.replace("\n", "")
    assert there.read_bytes()
    for wrong in (case, case / "result.json", case / "tables" / "hit.parquet", tmp_path / "no" / "file"):
        assert main(["report", str(case), "--format", form.value, "-o", str(wrong)]) == 2
        assert "Traceback" not in capsys.readouterr().err
    assert {path: path.read_bytes() for path in case.rglob("*") if path.is_file()} == before


def test_doctor_names_parts_databases_and_their_dates(capsys) -> None:
    assert main(["doctor", "--json"]) == 0
    findings = {one["part"]: one for one in json.loads(capsys.readouterr().out)}
    assert findings["wirewitness"]["state"] == __version__
    assert all(one["well"] for one in findings.values())
    dated = [one for name, one in findings.items() if name.startswith("ip-location-db")]
    assert len(dated) == 2
    assert all(one["state"].startswith("20") for one in dated)
    assert main(["doctor"]) == 0
    assert "duckdb: " in capsys.readouterr().out


def test_the_demo_prints_what_the_audits_say_and_nothing_of_its_own(
    example, capsys, monkeypatch, tmp_path
) -> None:
    played = []

    def play(world, seed, folder):
        played.append((world, seed))
        folder.mkdir(parents=True)
        return folder / "case.toml"

    def audit(_captures, output, **_options):
        output.mkdir(parents=True)
        (output / "result.json").write_text(example.example().text, "utf-8")
        return example.example()

    monkeypatch.setattr(demo_command, "play_world", play)
    monkeypatch.setattr(demo_command, "audit", audit)
    assert main(["demo", "-o", str(tmp_path / "demo"), "--seed", "5", "--lang", "fr"]) == 0
    printed = capsys.readouterr().out
    assert sorted(played) == sorted((world, 5) for world in demo_command.WORLDS)
    assert printed.count("report.html") == 4
    assert "Des photos partent vers un serveur" in printed
    assert printed.count("contre-exemple") >= 4
    assert main(["demo", "-o", str(tmp_path / "demo")]) == 2
    assert "--force" in capsys.readouterr().err


def test_a_world_that_cannot_be_played_is_one_sentence(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(demo_command, "WORLDS", ("no_such_world",))
    assert main(["demo", "-o", str(tmp_path / "demo")]) == 2
    assert "the laboratory could not play 'no_such_world'" in capsys.readouterr().err
