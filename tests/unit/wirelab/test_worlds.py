"""The worlds: each plays, its folder is whole, and the truth of the four of 2014 is the table of the design."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from wirelab.play import play
from wirelab.sight import SIGHTS
from wirelab.world import World, find_world, list_worlds

pytestmark = pytest.mark.lab
SCHEMAS = Path(__file__).parents[3] / "schemas"
BASE = ("as_alleged", "as_explained", "as_measured_2014", "owner_turned_it_on")
CLAIMS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "V1", "V2", "V3", "V4", "A1")
SHORT = {
    "S": "supported",
    "n": "not_observed",
    "X": "contradicted",
    "w": "withstood",
    "?": "cannot_tell",
}
# One letter a claim, in the order of CLAIMS; first the table of the case with everything in hand, then what is left
# without a part of it. Written by hand from the method's rules, not by the program that it checks.
TABLE = {
    "as_alleged": {
        "keys": "SSSSSSSXXXnn",
        "no_audit_export": "SSSSSSSXXXnn",
        "no_events": "SSS???????n?",
        "partial": "??S????????n",
        "none": "??S????????n",
        "none_with_trials": "SSS?????X??n",
    },
    "as_explained": {
        "keys": "nnSnnnnwwwSn",
        "no_audit_export": "??S?????" + "?wSn",
        "no_events": "nnS???????S?",
        "partial": "??S????????n",
        "none": "??S????????n",
        "none_with_trials": "??S????????n",
    },
    "as_measured_2014": {
        "keys": "nnSnSnSXwXnn",
        "no_audit_export": "??S?S?SX?Xnn",
        "no_events": "nnS???????n?",
        "partial": "??S????????n",
        "none": "??S????????n",
        "none_with_trials": "??S????????n",
    },
    "owner_turned_it_on": {
        "keys": "SSSSnnnwwwSS",
        "no_audit_export": "??S??????wSS",
        "no_events": "SSS???????S?",
        "partial": "??S????????S",
        "none": "??S????????S",
        "none_with_trials": "SSS????????S",
    },
}


# Why one cannot tell, a letter a reason; by sight, then where a world (and a claim) differs. By hand as well.
WHY = {
    "K": "no_keys",
    "S": "sealed",
    "R": "refused",
    "N": "not_recorded",
    "E": "no_events",
    "U": "control_unseen",
    "P": "place_unknown",
}
WHYS = {"no_audit_export": "U", "no_events": "E", "partial": "KU", "none": "KU", "none_with_trials": "KU"}
SILENT_ONCE_REMOVED = {sight: {"C6": "U"} for sight in ("partial", "none", "none_with_trials")}
"""Where nothing goes to the vendor after the removal, nothing stays unread then: only the control is lacking."""
WHYS_OF = {
    "as_alleged": {},
    "as_explained": SILENT_ONCE_REMOVED,
    "as_measured_2014": SILENT_ONCE_REMOVED,
    "owner_turned_it_on": {
        **SILENT_ONCE_REMOVED,
        "no_audit_export": dict.fromkeys(("C1", "C2", "C4", "C5"), "SU"),
    },
}


@pytest.fixture(scope="session")
def played(tmp_path_factory):
    """Each world once, by name."""
    folder, done = tmp_path_factory.mktemp("worlds"), {}

    def get(name: str) -> Path:
        if name not in done:
            play(find_world(name), 5, folder / name, SIGHTS["keys"])
            done[name] = folder / name
        return done[name]

    return get


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("world", BASE)
def test_the_truth_of_the_four_worlds_is_the_table_of_the_case(played, world, sight):
    truth = json.loads((played(world) / "truth.json").read_text(encoding="utf-8"))
    said = {claim: row["outcomes"][sight] for claim, row in truth["verdicts"].items()}
    assert said == dict(zip(CLAIMS, (SHORT[letter] for letter in TABLE[world][sight]), strict=True))
    whys = {
        claim: row["reasons"][sight] for claim, row in truth["verdicts"].items() if sight in row["reasons"]
    }
    right = {
        claim: WHYS_OF[world].get(sight, {}).get(claim, WHYS[sight])
        for claim, letter in zip(CLAIMS, TABLE[world][sight], strict=True)
        if letter == "?"
    }
    assert whys == {claim: [WHY[letter] for letter in letters] for claim, letters in right.items()}


def test_there_are_the_four_worlds_and_more_than_twenty_others():
    assert set(BASE) < set(list_worlds())
    assert len(list_worlds()) >= 24
    for name in list_worlds():
        world = find_world(name)
        assert len(world.summary.split()) >= 20, f"{name} is not described"
        assert world.title != name


@pytest.mark.parametrize("name", BASE)
def test_a_played_folder_is_whole_and_fits_its_schemas(played, name):
    folder = played(name)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    jsonschema.validate(truth, json.loads((SCHEMAS / "truth.schema.json").read_text()))
    export = json.loads((folder / "audit_export.json").read_text(encoding="utf-8"))
    jsonschema.validate(export, json.loads((SCHEMAS / "audit_export.schema.json").read_text()))
    case = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    assert [claim["id"] for claim in case["claim"]] == list(CLAIMS)
    for claim in case["claim"]:
        assert set(claim["text"]) == {"en", "fr", "zh"}
    controls = {control["id"] for control in case["control"]}
    assert {name for claim in case["claim"] for name in claim.get("controls", ())} <= controls
    for capture in case["capture"]:
        assert (folder / capture["path"]).stat().st_size > 1_000_000
        assert "CLIENT_RANDOM " in (folder / capture["keys"]).read_text()
    assert not list(folder.glob("**/*.part"))


@pytest.mark.parametrize("name", BASE)
def test_no_file_for_the_witness_holds_a_hint_of_the_truth(played, name):
    folder = played(name)
    words = [name, "alleged", "explained", "measured", "spy", "misdeed", "wirelab", "truth"]
    for path in folder.rglob("*"):
        if not path.is_file() or path.name == "truth.json":
            continue
        content = path.read_bytes()
        for word in words:
            # Four letters turn up by chance in megabytes of ciphertext and of pictures.
            if len(word) > 5 or path.suffix in {".toml", ".csv", ".xml", ".vcf"}:
                assert word.encode() not in content, f"{path.name} says {word!r}"


def test_the_four_case_files_differ_in_nothing_but_consents(played):
    def claims(name: str) -> object:
        case = tomllib.loads((played(name) / "case.toml").read_text(encoding="utf-8"))
        return {key: value for key, value in case.items() if key not in ("consent", "capture", "device")}

    assert claims("as_alleged") == claims("as_explained") == claims("as_measured_2014")


def test_the_same_seed_gives_the_same_truth(played, tmp_path):
    play(find_world("as_measured_2014"), 5, tmp_path / "again", SIGHTS["keys"])
    for file in ("truth.json", "case.toml", "owner.toml", "events.csv", "audit_export.json"):
        assert (tmp_path / "again" / file).read_bytes() == (played("as_measured_2014") / file).read_bytes()


@pytest.mark.parametrize("sight", ["no_audit_export", "no_events", "partial", "none"])
def test_a_sight_takes_away_what_it_says_and_leaves_the_truth(played, tmp_path, sight):
    folder = tmp_path / sight
    play(find_world("as_measured_2014"), 5, folder, SIGHTS[sight])
    case = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    assert ("audit_export" in case) == (sight != "no_audit_export") == (folder / "audit_export.json").exists()
    assert ("events" in case) == (sight != "no_events") == (folder / "events.csv").exists()
    assert ("states" in case) == (sight != "no_events")
    assert ("keys" in case["capture"][0]) == (sight != "none")
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    whole = json.loads((played("as_measured_2014") / "truth.json").read_text(encoding="utf-8"))
    assert truth["verdicts"] == whole["verdicts"]
    vendor = [row["visible"] for row in truth["departures"] if row["host"] == "api.vendor-cloud.example"]
    assert any(vendor) == (sight not in ("partial", "none"))


OUTCOMES = {
    "own_encryption": ("C1", "cannot_tell", "sealed"),
    "refuses_interception": ("C3", "cannot_tell", "refused"),
    "capture_died_at_night": ("C1", "cannot_tell", "not_recorded"),
    "upload_over_dns": ("C2", "cannot_tell", "place_unknown"),
    "only_over_mobile": ("C4", "not_observed"),
    "third_party_cloud_abroad": ("X1", "supported"),
    "queue_drained_after_revocation": ("C5", "supported"),
    "after_uninstall_job": ("C6", "supported"),
    "photo_in_a_chat": ("C1", "not_observed"),
    "test_images": ("V2", "withstood"),
    "album_coming_down": ("C1", "not_observed"),
    "masked_identifiers": ("C7", "not_observed"),
    "map_query_with_location": ("V1", "withstood"),
    "periodic_weather_tile": ("V1", "withstood"),
    "identifiers_salted_hourly": ("C7", "supported"),
    "identifiers_salted_secretly": ("C7", "cannot_tell", "unexplained"),
    "default_on_switch": ("A1", "not_observed"),
}


@pytest.mark.parametrize("name", [name for name in list_worlds() if name not in BASE])
def test_every_other_world_plays_and_its_subtlety_is_where_it_should_be(tmp_path, name):
    play(find_world(name), 5, tmp_path / name, SIGHTS["keys"])
    truth = json.loads((tmp_path / name / "truth.json").read_text(encoding="utf-8"))
    jsonschema.validate(truth, json.loads((SCHEMAS / "truth.schema.json").read_text()))
    owner = tomllib.loads((tmp_path / name / "owner.toml").read_text(encoding="utf-8"))
    facts = {fact["id"] for fact in owner["fact"]}
    for row in truth["departures"]:
        fact = row["fact"]
        assert fact is None or fact in facts or fact.split(":")[0] in ("photo", "sms", "contact")
    if name in OUTCOMES:
        claim, outcome, *whys = OUTCOMES[name]
        assert truth["verdicts"][claim]["outcomes"]["keys"] == outcome
        assert truth["verdicts"][claim]["reasons"].get("keys", []) == whys


def test_an_interrupted_play_leaves_nothing_that_looks_whole(tmp_path):
    def play_half(stage):
        find_world("as_explained").play(stage)
        stage.at(stage.day(2), lambda: (_ for _ in ()).throw(KeyboardInterrupt))

    as_explained = find_world("as_explained")
    world = World("half", "t", "s", play_half, as_explained.record)
    with pytest.raises(KeyboardInterrupt):
        play(world, 1, tmp_path / "half", SIGHTS["keys"])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(FileExistsError, match="exists already"):
        play(find_world("as_explained"), 1, tmp_path / "there", SIGHTS["keys"])
    assert list((tmp_path / "there").iterdir()) == []


@pytest.mark.parametrize("name", BASE)
def test_the_events_log_never_says_two_things_at_one_time(played, name):
    with (played(name) / "events.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["event"] == "state"]
    last: dict[str, str] = {}
    for row in rows:
        assert last.get(row["key"]) != row["value"], f"{row} changes nothing"
        last[row["key"]] = row["value"]
    moments = [(row["time"], row["key"]) for row in rows]
    assert len(set(moments)) == len(moments)
