"""Captures are hashed when they came in, and who took them in, where and when goes with them to the end."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from sealing import CUSTODY, SECRET
from tiny_case import owner_file, small_case, tiny_capture

from wirewitness.bundle import redact_bundle, seal_case, verify_bundle
from wirewitness.case import audit
from wirewitness.case_custody import read_intake
from wirewitness.cli import main
from wirewitness.model.custody import Custody
from wirewitness.model.errors import InputError
from wirewitness.model.instant import Instant

MORNING = Custody(Instant.parse("2026-01-02T08:00:00Z"), "Ms Early", "reception")
LATER = Custody(Instant.parse("2026-03-04T09:00:00Z"), "Mr Late", "archive")


def test_who_took_a_capture_in_is_kept_shown_and_sealed(tmp_path, capsys) -> None:
    case = small_case(tmp_path / "inputs")
    capture = case.parent / "captures" / "tiny.pcap"
    folder = tmp_path / "audit"
    words = ["audit", "--case", str(case), "-o", str(folder), "--by", "Ms Early", "--where", "reception"]
    assert main([*words, "--quiet"]) == 0
    intake = read_intake(folder)
    assert intake is not None
    (one,) = intake.captures
    assert (one.name, one.by, one.where) == ("tiny.pcap", "Ms Early", "reception")
    assert one.sha256 == hashlib.sha256(capture.read_bytes()).hexdigest()
    page = (folder / "report.html").read_text("utf-8")
    assert f"Hashed when it came in: {one.time.text[:10]}" in page
    assert "Ms Early" in page

    assert main(["seal", str(folder), "-o", str(tmp_path / "case.zip"), "--by", "Mr Late", "--quiet"]) == 0
    info = verify_bundle(tmp_path / "case.zip", rerun=False).info
    assert info["Captures-Received-By"] == "Ms Early"
    assert info["Captures-Received-Where"] == "reception"
    assert info["Captures-Received-At"] == one.time.text
    assert info["Contact-Name"] == "Mr Late"
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        document = json.loads(archive.read("case/data/bundle.json"))
        assert "case/data/result/custody.json" in archive.namelist()
    assert document["captures"][0]["received"] == {
        "at": one.time.text,
        "by": "Ms Early",
        "where": "reception",
    }
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "case.zip")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"Captures came in: {one.time.text}; by: Ms Early; where: reception" in said

    redact_bundle(tmp_path / "case.zip", tmp_path / "part.zip", keep=["C1"], custody=CUSTODY)
    assert verify_bundle(tmp_path / "part.zip").info["Captures-Received-By"] == "Ms Early"


def test_the_case_file_may_say_it_and_an_option_says_it_otherwise(tmp_path) -> None:
    case = small_case(tmp_path / "inputs")
    text = case.read_text().replace("[device]", '[custody]\nby = "The case"\nwhere = "its folder"\n[device]')
    case.write_text(text)
    audit(case=case, output=tmp_path / "a", custody=Custody(MORNING.time))
    audit(case=case, output=tmp_path / "b", custody=MORNING)
    said = [read_intake(tmp_path / name) for name in "ab"]
    assert [(one.captures[0].by, one.captures[0].where) for one in said if one] == [
        ("The case", "its folder"),
        ("Ms Early", "reception"),
    ]


def test_a_second_audit_does_not_make_an_old_capture_a_new_one(tmp_path) -> None:
    first = tiny_capture(tmp_path / "first.pcap")
    audit([first], tmp_path / "audit", custody=MORNING)
    second = tiny_capture(
        tmp_path / "second.pcap", b"GET /other HTTP/1.1\r\nHost: api.vendor.example\r\n\r\n"
    )
    audit([first, second], tmp_path / "audit", custody=LATER, force=True)
    intake = read_intake(tmp_path / "audit")
    assert intake is not None
    assert {one.name: one.by for one in intake.captures} == {
        "first.pcap": "Ms Early",
        "second.pcap": "Mr Late",
    }


def test_who_takes_them_in_changes_nothing_else(tmp_path) -> None:
    case = small_case(tmp_path / "inputs")
    texts = []
    for name, custody in (("a", MORNING), ("b", LATER), ("c", None)):
        audit(case=case, output=tmp_path / name, custody=custody)
        texts.append((tmp_path / name / "result.json").read_bytes())
    assert len(set(texts)) == 1
    assert read_intake(tmp_path / "c") is None
    seal_case(tmp_path / "c", tmp_path / "c.zip", custody=CUSTODY, secret=SECRET)
    assert verify_bundle(tmp_path / "c.zip", rerun=False).info["Captures-Received-By"] == "not stated"


def test_a_record_of_other_captures_is_refused(tmp_path) -> None:
    capture = tiny_capture(tmp_path / "one.pcap")
    audit([capture], tmp_path / "audit", owner=owner_file(tmp_path / "owner.toml"), custody=MORNING)
    path = tmp_path / "audit" / "custody.json"
    document = json.loads(path.read_text())
    document["captures"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"custody\.json.*does not speak of the captures"):
        seal_case(tmp_path / "audit", tmp_path / "case.zip", custody=CUSTODY, secret=SECRET)
    path.write_text('{"format": "wirewitness-custody/1"}')
    with pytest.raises(InputError, match=r"custody\.json.*no record of custody"):
        seal_case(tmp_path / "audit", tmp_path / "case.zip", custody=CUSTODY, secret=SECRET)
    assert not (tmp_path / "case.zip").exists()


def test_a_name_full_of_line_ends_forges_no_field(tmp_path) -> None:
    bad = replace(MORNING, by="x\nSigned-Off: yes", where="a\x1b[2J")
    audit([tiny_capture(tmp_path / "one.pcap")], tmp_path / "audit", custody=bad)
    seal_case(tmp_path / "audit", tmp_path / "case.zip", custody=CUSTODY, secret=SECRET)
    info = verify_bundle(tmp_path / "case.zip", rerun=False).info
    assert "Signed-Off" not in info
    assert info["Captures-Received-By"] == "x Signed-Off: yes"


def test_the_record_fits_its_schema(tmp_path) -> None:
    schema = json.loads((Path(__file__).parents[3] / "schemas" / "custody.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    audit([tiny_capture(tmp_path / "one.pcap")], tmp_path / "audit", custody=MORNING)
    document = json.loads((tmp_path / "audit" / "custody.json").read_text())
    jsonschema.validate(document, schema)
    for wrong in (document | {"surprise": 1}, {}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
