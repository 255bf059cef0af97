"""The tester's trials: drawn from a committed seed, planted in the world, and told as they were done."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from wirelab.play import play
from wirelab.sight import SIGHTS
from wirelab.world import find_world

pytestmark = pytest.mark.lab
SCHEMA = Path(__file__).parents[3] / "schemas" / "trials.schema.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trials") / "as_alleged"
    play(find_world("as_alleged"), 4, folder, SIGHTS["none_with_trials"])
    return folder


@pytest.fixture(scope="module")
def document(folder):
    return json.loads((folder / "trials.json").read_text())


def test_the_file_is_the_one_of_the_schema_and_the_case_names_it(folder, document):
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert tomllib.loads((folder / "case.toml").read_text())["trials"] == "trials.json"


def test_the_commitments_are_those_of_the_plan_and_the_seed(document):
    plan = json.dumps(document["plan"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(plan.encode()).hexdigest() == document["plan_sha256"]
    assert hashlib.sha256(document["seed"].encode()).hexdigest() == document["plan"]["commitment"]


def test_every_quarter_of_a_day_has_as_many_windows_of_each_arm(document):
    for series in document["plan"]["series"]:
        counts = Counter((window["block"], window["arm"]) for window in series["windows"])
        assert set(counts.values()) == {1}
        assert len(counts) == 6 * 12


def test_what_is_planted_is_the_owners_and_as_large_as_its_arm(folder, document):
    canaries = {canary["id"]: canary for canary in document["plan"]["canaries"]}
    owner_messages = (folder / "sms.xml").read_text()
    for series in document["plan"]["series"]:
        codes = {arm["id"]: arm["code"] for arm in series["arms"]}
        for window in series["windows"]:
            planted = [canaries[name] for name in window["canaries"]]
            assert sum(canary["bytes"] for canary in planted) == codes[window["arm"]]
            for canary in planted:
                if canary["file"]:
                    data = (folder / canary["file"]).read_bytes()
                    assert hashlib.sha256(data).hexdigest() == canary["sha256"]
    assert owner_messages.count("<sms ") > len(canaries) // 2


def test_no_two_canaries_are_alike(document):
    hashes = [canary["sha256"] for canary in document["plan"]["canaries"]]
    assert len(set(hashes)) == len(hashes) == 2 * 60


def test_without_trials_nothing_is_planted(tmp_path):
    play(find_world("as_explained"), 4, tmp_path / "played", SIGHTS["none"])
    assert not (tmp_path / "played" / "trials.json").exists()
    assert "trials" not in tomllib.loads((tmp_path / "played" / "case.toml").read_text())
    assert not list((tmp_path / "played" / "photos").glob("CANARY*"))
