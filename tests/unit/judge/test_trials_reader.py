"""The trials file: what was registered is what is read, and each mistake is one sentence with its line."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

import jsonschema
import pytest

from wirewitness.judge.case_reader import read_case
from wirewitness.judge.trials_reader import draw_arms, plan_sha256, read_trials
from wirewitness.model.errors import InputError

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "trials.schema.json").read_text())
SEED = "a seed that nobody could guess"


def plan():
    windows = [
        {"id": f"w{n}", "block": n // 2, "start": f"2014-07-21T{8 + n:02}:00:00Z", "end": f"2014-07-21T{8 + n:02}:30:00Z",
         "arm": "none", "canaries": []}
        for n in range(4)
    ]  # fmt: skip
    arms = draw_arms(SEED, "T", [(w["id"], w["block"]) for w in windows], ["none", "large"])
    for window, arm in zip(windows, arms, strict=True):
        window["arm"] = arm
    return {
        "analysis": "size-coded-max-t/1",
        "commitment": hashlib.sha256(SEED.encode()).hexdigest(),
        "shuffles": 9999,
        "series": [
            {"id": "T", "design": "coded", "kind": "photo", "claims": ["C1"],
             "arms": [{"id": "none", "code": 0}, {"id": "large", "code": 262144}], "lags_s": [0, 3600], "windows": windows}
        ],
        "canaries": [{"id": "k1", "kind": "photo", "bytes": 262144, "sha256": "ab" * 32, "file": "k1.jpg"}],
    }  # fmt: skip


def document(**change):
    made = plan()
    return {"format": "wirewitness-trials/1", "plan": made, "plan_sha256": plan_sha256(made), "seed": SEED,
            "done": [{"window": "w0", "time": "2014-07-21T08:00:05Z", "what": "done", "note": ""}], **change}  # fmt: skip


def write(folder, value):
    path = folder / "trials.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1))
    return path


def test_what_was_registered_is_read_and_known_to_be_unchanged(tmp_path):
    jsonschema.validate(document(), SCHEMA)
    trials = read_trials(write(tmp_path, document()))
    assert (trials.changed, trials.opened, trials.sha256) == (False, True, plan_sha256(plan()))
    assert sorted(trials.plan.series[0].codes) == [0, 0, 262144, 262144]
    assert trials.done[0].time.text == "2014-07-21T08:00:05Z"


def test_a_case_file_names_it(tmp_path):
    write(tmp_path, document())
    path = tmp_path / "case.toml"
    path.write_text('format = "wirewitness-case/1"\ntrials = "trials.json"\n')
    trials = read_case(path).trials
    assert trials is not None
    assert trials.plan.series[0].id == "T"


def test_a_sealed_seed_is_no_mistake_and_is_told(tmp_path):
    trials = read_trials(write(tmp_path, document(seed=None)))
    assert (trials.changed, trials.opened) == (False, False)


def test_a_plan_that_was_changed_after_its_hash_was_published_is_told(tmp_path):
    changed = document()
    changed["plan"]["series"][0]["claims"] = ["C1", "C2"]
    assert read_trials(write(tmp_path, changed)).changed


def test_arms_that_the_seed_did_not_draw_are_told_even_when_the_hash_fits(tmp_path):
    made = plan()
    for window in made["series"][0]["windows"]:
        window["arm"] = {"none": "large", "large": "none"}[window["arm"]]
    assert read_trials(write(tmp_path, document(plan=made, plan_sha256=plan_sha256(made)))).changed


def test_the_draw_gives_each_block_as_many_of_each_arm_and_another_seed_another_draw():
    windows = [(f"w{n}", n // 6) for n in range(60)]
    drawn = draw_arms("one", "T", windows, ["a", "b", "c"])
    for block in range(10):
        assert sorted(drawn[block * 6 : block * 6 + 6]) == ["a", "a", "b", "b", "c", "c"]
    assert drawn != draw_arms("two", "T", windows, ["a", "b", "c"])
    assert drawn == draw_arms("one", "T", windows, ["a", "b", "c"])


SERIES = ("plan", "series", 0)
WRONG = {
    "overlapping windows": ((*SERIES, "windows", 1, "start"), "2014-07-21T08:20:00Z", "begins 600 s before 'w0' ends"),
    "a window that ends before it starts": ((*SERIES, "windows", 2, "end"), "2014-07-21T09:00:00Z", "ends before it starts"),
    "a time without a zone": ((*SERIES, "windows", 2, "end"), "2014-07-21T19:00:00", "no time zone"),
    "an arm that is none": ((*SERIES, "windows", 3, "arm"), "huge", "none of the series"),
    "a canary that is none": ((*SERIES, "windows", 3, "canaries"), ["k9"], "no canary 'k9'"),
    "a block that is not balanced": ((*SERIES, "windows", 3, "block"), 0, "as many of each"),
    "a kind that does not exist": ((*SERIES, "kind"), "photos", "is not a kind of data"),
    "no claim": ((*SERIES, "claims"), [], "names no claim"),
    "a lag into the past": ((*SERIES, "lags_s"), [-5], "none below 0"),
    "one size twice": ((*SERIES, "arms", 1, "code"), 0, "a size (code) of its own"),
    "a pair of three": ((*SERIES, "design"), "paired", "two arms, of code 0"),
    "too few shuffles": (("plan", "shuffles"), 100, "9999 to"),
    "another analysis": (("plan", "analysis"), "whatever-fits/1", "is not known"),
    "no hash": (("plan", "commitment"), "xyz", "64 small hexadecimal"),
    "an id twice": ((*SERIES, "windows", 1, "id"), "w0", "used twice"),
    "a thing done nowhere": (("done", 0, "window"), "w99", "no window 'w99'"),
    "another seed": (("seed",), "not the seed", "not the seed of the plan's"),
    "an unknown member": (("plan", "colour"), 1, "is not known"),
    "a float": ((*SERIES, "lags_s"), [0.5], "wrong type"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_each_mistake_is_one_sentence_with_its_line(mistake, tmp_path):
    place, value, said = WRONG[mistake]
    wrong = copy.deepcopy(document())
    at = wrong
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    with pytest.raises(InputError) as caught:
        read_trials(write(tmp_path, wrong))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    line = (tmp_path / "trials.json").read_text().splitlines()[caught.value.line - 1]
    assert caught.value.line > 1, line


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"format": "x"}', "[" * 100_000, '{"a": 1e999999}', "\udcff"]
)
def test_what_is_no_trials_file_is_one_sentence(text, tmp_path):
    path = tmp_path / "trials.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError):
        read_trials(path)
