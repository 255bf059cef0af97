"""`new`, `claims` and `check`: from an empty folder to a case that can be tested."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
import small_world

from wirewitness.cli import main
from wirewitness.judge.case_reader import read_case
from wirewitness.judge.case_text import claim_library
from wirewitness.judge.feasibility import Prospect, find_missing
from wirewitness.judge.timeline import Recorded, make_timeline

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "case.schema.json").read_text())


def test_a_new_case_is_one_that_can_be_read_and_holds_the_claims_of_2014(tmp_path):
    folder = tmp_path / "case"
    assert main(["new", "--vendor", 'A "B" C', "--host", "*.vendor.example", "-q", "-o", str(folder)]) == 0
    text = (folder / "case.toml").read_text()
    jsonschema.validate(tomllib.loads(text), SCHEMA)
    case = read_case(folder / "case.toml")
    assert [claim.id for claim in case.claims] == [
        "C1",
        "C2",
        "C3",
        "C4",
        "C5",
        "C6",
        "C7",
        "V1",
        "V2",
        "V3",
        "V4",
        "A1",
    ]
    assert case.device.vendor == 'A "B" C'
    assert {claim.hosts for claim in case.claims if claim.about != "state"} == {("*.vendor.example",)}
    assert all(claim.controls for claim in case.claims if claim.about in ("exposure", "answer"))


@pytest.mark.parametrize("name", claim_library())
def test_every_claim_of_the_library_has_a_reason_and_can_be_written(name, tmp_path):
    row = claim_library()[name]
    assert row["reason"]
    assert set(row["text"]) == {"en", "fr", "zh"}
    assert main(["new", "--host", "h.example", "--claims", name, "-q", "-o", str(tmp_path / "c")]) == 0
    assert [claim.id for claim in read_case(tmp_path / "c" / "case.toml").claims] == [name]


def test_what_is_there_is_not_overwritten(tmp_path, capsys):
    assert main(["new", "-q", "-o", str(tmp_path)]) == 0
    assert main(["new", "-q", "-o", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["new", "--claims", "Z9", "-q", "-o", str(tmp_path / "z")]) == 2
    assert "no claim 'Z9' in the library" in capsys.readouterr().err
    assert not (tmp_path / "z" / "case.toml").exists()


def test_the_library_is_printed_in_each_language(capsys):
    assert main(["claims", "--lang", "fr"]) == 0
    assert "C1  Le téléphone envoie des photos" in capsys.readouterr().out


def test_what_was_made_and_what_there_is_to_choose_from_come_as_json_too(tmp_path, capsys):
    folder = tmp_path / "case"
    assert main(["new", "--host", "h.example", "--claims", "C1,V2", "--json", "-o", str(folder)]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["claims"] == ["C1", "V2"]
    assert all(Path(made[what]).is_file() for what in ("case", "owner", "events"))
    assert main(["claims", "--json"]) == 0
    library = json.loads(capsys.readouterr().out)
    assert list(library) == list(claim_library())
    assert library["V2"]["polarity"] == "denies"


def test_check_says_what_to_capture(tmp_path, capsys):
    assert main(["new", "--host", "*.vendor.example", "-q", "-o", str(tmp_path)]) == 0
    assert main(["check", str(tmp_path / "case.toml"), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "C1: to be testable" in said
    assert "A1: to be testable" in said
    assert main(["check", str(tmp_path / "case.toml"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {m["code"] for m in found["C4"]} >= {"supply_events", "supply_facts", "plant_control"}


def missing(world, folder, *, keys=True, recorded=None):
    case = read_case(world.write_case(folder, small_world.claims_of_2014(world)))
    spans = recorded if recorded is not None else (Recorded(small_world.START, small_world.at(4, 0), "wifi"),)
    kinds = {kind for claim in case.claims for kind in claim.kinds}
    prospect = Prospect(case, make_timeline(case, spans), spans, frozenset(kinds), keys)
    return {name: [m.code for m in found] for name, found in find_missing(prospect).items()}


def test_a_whole_case_lacks_nothing(tmp_path):
    assert set(map(tuple, missing(small_world.as_explained(), tmp_path).values())) == {()}


def test_without_keys_keys_or_trials_are_asked_for(tmp_path):
    found = missing(small_world.as_explained(), tmp_path, keys=False)
    assert found["C1"] == ["run_trials", "supply_keys", "supply_keys"]
    assert found["C3"] == []
    assert "run_trials" not in found["C7"], "numbers of bytes say nothing of consent"
    assert found["V1"][0] == "run_trials"


def test_without_events_they_are_asked_for(tmp_path):
    found = missing(small_world.as_explained(events=False), tmp_path)
    assert "supply_events" in found["V2"]
    assert "supply_events" in found["A1"]
    assert "supply_consent" in found["C5"]
    assert "supply_events" not in found["C1"]


def test_a_condition_that_never_held_is_to_be_captured(tmp_path):
    early = (Recorded(small_world.START, small_world.at(2, 0), "wifi"),)
    found = missing(small_world.as_explained(), tmp_path, recorded=early)
    assert "capture_under" in found["C6"]
    assert "capture_under" not in found["V2"]


def test_a_period_that_was_not_captured_is_told_and_so_is_a_control_outside(tmp_path):
    late = (Recorded(small_world.at(3, 0), small_world.at(3, 12), "wifi"),)
    found = missing(small_world.as_explained(), tmp_path, recorded=late)
    assert "repeat_control" in found["C1"]
    assert "capture_longer" in found["C3"]
    after = (Recorded(small_world.at(5, 0), small_world.at(6, 0), "wifi"),)
    assert "capture_period" in missing(small_world.as_explained(), tmp_path, recorded=after)["C1"]
