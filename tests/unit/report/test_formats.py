"""The other forms: they say what the result says, and nothing in them runs, computes or forms markup."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
import stix2
from har_schema import har_errors
from tiny_case import IMEI, small_case

from wirewitness.case import audit
from wirewitness.cli import main
from wirewitness.report.formats import render_csv, render_markdown, render_stix
from wirewitness.report.formats.markdown import plain
from wirewitness.report.formats.time_line import defused
from wirewitness.report.language import Language
from wirewitness.report.texts import Texts

EN = Texts(Language.EN)


@pytest.fixture
def result(example):
    return example.example()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_a_formula_becomes_text(cell) -> None:
    assert defused(cell).startswith("'")
    assert "\r" not in defused(cell)


def test_the_time_line_has_every_finding_and_event_in_order(result) -> None:
    bad = replace(result.exposures[0], destination='=HYPERLINK("http://x","y")', fact="a\nb,c")
    text = render_csv(replace(result, exposures=(bad, *result.exposures[1:])), EN)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(result.exposures) + len(result.answers) + len(result.events)
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    assert any(row["destination"].startswith("'=HYPERLINK") for row in rows)


@pytest.mark.parametrize("language", list(Language))
def test_markdown_says_the_verdicts_and_captured_text_forms_no_markup(result, language) -> None:
    bad = "<script>x</script> [a](http://b) | @all `c`\n# d"
    hostile = replace(result, title=bad, verdicts=(replace(result.verdicts[0], text={"en": bad}),))
    text = render_markdown(hostile, Texts(language))
    assert "<script" not in text
    assert "[a](" not in text
    assert "\n# d" not in text
    assert re.search(r"(?<!\\)@all", text) is None
    words = Texts(language)(f"outcome.{result.verdicts[0].outcome.value}.word")
    assert plain(words) in text
    for word in ("guilty", "cleared", "coupable"):
        assert word not in text.lower()


def test_stix_names_what_was_seen_and_calls_nobody_malicious(result) -> None:
    text = render_stix(result, EN)
    assert text == render_stix(result, EN)
    assert len(stix2.parse(text, allow_custom=False).objects) == len(json.loads(text)["objects"])
    bundle = json.loads(text)
    objects = {one["id"]: one for one in bundle["objects"]}
    assert len(objects) == len(bundle["objects"])
    assert {one["type"] for one in objects.values()} <= {
        "identity", "domain-name", "ipv4-addr", "ipv6-addr", "observed-data", "note",
    }  # fmt: skip
    for one in objects.values():
        assert one["id"].startswith(f"{one['type']}--")
        assert one["spec_version"] == "2.1"
        for ref in one.get("object_refs", ()):
            assert ref in objects
        for key in ("created", "first_observed", "last_observed"):
            assert key not in one or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one[key])
    notes = [one for one in objects.values() if one["type"] == "note"]
    assert len(notes) == len(result.verdicts)


def test_the_har_schema_tells_what_is_none() -> None:
    assert har_errors({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [{}]}})
    assert har_errors({})


def test_a_har_holds_bodies_only_when_they_are_revealed(tmp_path, capsys) -> None:
    folder = tmp_path / "audit"
    audit(case=small_case(tmp_path / "inputs"), output=folder)
    assert main(["report", str(folder), "--format", "har"]) == 0
    text = (folder / "report.har").read_text("utf-8")
    assert IMEI not in text
    assert har_errors(json.loads(text)) == []
    (entry,) = json.loads(text)["log"]["entries"]
    assert entry["request"]["method"] == "GET"
    assert entry["request"]["url"].startswith("http://api.vendor.example/check?imei=")
    assert entry["response"]["status"] == 204
    assert main(["report", str(folder), "--format", "har", "--reveal"]) == 0
    (entry,) = json.loads((folder / "report.har").read_text("utf-8"))["log"]["entries"]
    assert har_errors(json.loads((folder / "report.har").read_text("utf-8"))) == []
    assert entry["request"]["url"].endswith(IMEI)
    assert {"name": "Host", "value": "api.vendor.example"} in entry["request"]["headers"]
    for form in ("csv", "md", "stix", "json", "html"):
        assert main(["report", str(folder), "--format", form]) == 0
    capsys.readouterr()
    assert main(["report", str(folder), "--format", "pdf"]) == 2
    assert "pdf" in capsys.readouterr().err
