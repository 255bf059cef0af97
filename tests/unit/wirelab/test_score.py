"""The score: what was found, missed, made up or misjudged is counted as such; a false accusation stands apart."""

from __future__ import annotations

import copy
import json

import pytest
from rich.console import Console

from wirelab.cli import main
from wirelab.score.figures import measure
from wirelab.score.paper import UnreadablePaperError, parse_folder
from wirelab.score.render import print_score

FLOW = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAA="
DEPARTURE = {
    "time": "2014-07-21T08:00:00.5Z",
    "flow": FLOW,
    "seen": [],
    "host": "api.vendor-cloud.example",
    "address": "42.62.94.17",
    "kind": "photo",
    "fact": "photo:1.jpg",
    "masked": False,
    "foreign": False,
    "chain": ["gzip", "json"],
    "visible": True,
}
EXPOSURE = {
    "time": "2014-07-21T08:00:00.500000123Z",
    "flow": FLOW + "#0",
    "destination": "api.vendor-cloud.example",
    "address": "42.62.94.17",
    "kind": "photo",
    "fact": "photo:1.jpg",
    "masked": False,
    "source": "fact",
    "evidence": True,
}
TRUTH = {
    "world": "w",
    "seed": 1,
    "sight": "keys",
    "departures": [DEPARTURE],
    "rhythms": [{"host": "api.vendor-cloud.example", "period_s": 600}],
    "verdicts": {
        "C1": {"polarity": "asserts", "about": "exposure", "outcomes": {"keys": "supported"}, "reasons": {}},
        "V1": {
            "polarity": "denies",
            "about": "exposure",
            "outcomes": {"keys": "cannot_tell"},
            "reasons": {"keys": ["sealed", "refused"]},
        },
    },
}
RESULT = {
    "exposures": [EXPOSURE],
    "rhythms": [{"destination": "api.vendor-cloud.example", "period_s": 603.0}],
    "verdicts": [
        {"claim": "C1", "outcome": "supported", "reasons": []},
        {
            "claim": "V1",
            "outcome": "cannot_tell",
            "reasons": [
                {"code": "unread_bytes", "params": {"reason": "own_encryption"}},
                {"code": "refused", "params": {}},
            ],
        },
    ],
}


@pytest.fixture
def papers(tmp_path):
    truth, result = copy.deepcopy(TRUTH), copy.deepcopy(RESULT)

    def figures():
        (tmp_path / "truth.json").write_text(json.dumps(truth))
        (tmp_path / "result.json").write_text(json.dumps(result))
        return measure(*parse_folder(tmp_path))

    return truth, result, figures


def test_a_witness_that_sees_all_has_nothing_against_it(papers):
    _, _, figures = papers
    seen = figures()
    assert (seen.found, seen.expected, seen.false_exposures, seen.wrong) == (1, 1, [], [])
    assert (seen.rhythms, seen.rhythms_missed, seen.wrong_destinations) == (1, 0, 0)
    assert (seen.whys, seen.unnamed) == (2, [])
    assert seen.rhythm_errors == [pytest.approx(0.005)]
    assert seen.expected_by_depth == {2: 1}


def test_what_was_not_found_is_missed_in_its_kind_and_depth(papers):
    _, result, figures = papers
    result["exposures"].clear()
    seen = figures()
    assert (seen.found_by_kind["photo"], seen.expected_by_kind["photo"]) == (0, 1)
    assert [datum.fact for datum in seen.missed] == ["photo:1.jpg"]


@pytest.mark.parametrize(
    "change",
    [
        {"fact": "photo:2.jpg"},
        {"flow": "1:BBBBBBBBBBBBBBBBBBBBBBBBBBB=#0"},
        {"time": "2014-07-21T09:00:00Z"},
        {"masked": True},
    ],
)
def test_what_never_left_is_a_false_exposure(papers, change):
    _, result, figures = papers
    result["exposures"].append({**EXPOSURE, **change})
    assert len(figures().false_exposures) == 1


def test_a_lead_is_no_false_exposure(papers):
    _, result, figures = papers
    result["exposures"].append(
        {**EXPOSURE, "kind": "contact", "fact": None, "source": "detector", "evidence": False}
    )
    assert figures().false_exposures == []


def test_of_many_alike_the_first_twenty_are_enough(papers):
    truth, result, figures = papers
    hours = [f"2014-07-{21 + number // 24}T{number % 24:02}:00:00Z" for number in range(30)]
    truth["departures"] = [{**DEPARTURE, "time": hour} for hour in hours]
    result["exposures"] = [{**EXPOSURE, "time": hour} for hour in hours[:20]]
    assert (figures().found, figures().missed) == (30, [])
    del result["exposures"][3]
    assert len(figures().missed) == 11, "the fourth, and all after what was then the nineteenth"


def test_what_cannot_be_seen_is_not_expected(papers):
    truth, result, figures = papers
    truth["departures"][0]["visible"] = False
    result["exposures"].clear()
    assert (figures().expected, figures().missed) == (0, [])


def test_a_right_find_at_the_wrong_place_is_counted(papers):
    _, result, figures = papers
    result["exposures"][0]["address"] = "203.0.113.9"
    assert (figures().found, figures().wrong_destinations) == (1, 1)


def test_the_second_vantage_counts_once(papers):
    truth, result, figures = papers
    other = "1:CCCCCCCCCCCCCCCCCCCCCCCCCCC="
    truth["departures"][0]["seen"] = [{"recorder": "phone", "flow": other}]
    result["exposures"].append({**EXPOSURE, "flow": other + "#0"})
    seen = figures()
    assert (seen.found, seen.expected, seen.false_exposures) == (1, 1, [])


@pytest.mark.parametrize(
    ("claim", "given", "accusations", "comforts"),
    [
        ("C1", "cannot_tell", 0, 0),
        ("C1", "not_observed", 0, 1),
        ("V1", "contradicted", 1, 0),
        ("V1", "withstood", 0, 1),
        ("V1", "missing", 0, 0),
    ],
)
def test_a_wrong_verdict_is_an_accusation_a_comfort_or_neither(papers, claim, given, accusations, comforts):
    _, result, figures = papers
    result["verdicts"] = [
        row if row["claim"] != claim else {**row, "outcome": given} for row in result["verdicts"]
    ]
    seen = figures()
    assert (len(seen.wrong), seen.accusations, seen.comforts) == (1, accusations, comforts)


@pytest.mark.parametrize(
    ("reasons", "unnamed"),
    [
        ([{"code": "unread_bytes", "params": {"reason": "own_encryption"}}], ["refused"]),
        (
            [{"code": "unread_bytes", "params": {"reason": "no_keys"}}, {"code": "refused", "params": {}}],
            ["sealed"],
        ),
        ([], ["sealed", "refused"]),
    ],
)
def test_who_cannot_tell_must_name_every_true_reason(papers, reasons, unnamed):
    _, result, figures = papers
    result["verdicts"][1]["reasons"] = reasons
    seen = figures()
    assert [(one.claim, one.why) for one in seen.unnamed] == [("V1", why) for why in unnamed]
    assert seen.wrong == [], "the outcome was right all the same"
    console = Console(record=True, width=200)
    print_score([seen], console)
    assert f"V1 cannot be told and the reason {unnamed[0]} is not named" in console.export_text()


def test_a_wrong_outcome_is_not_asked_for_its_reasons(papers):
    _, result, figures = papers
    result["verdicts"][1] |= {"outcome": "withstood", "reasons": []}
    assert (figures().whys, figures().unnamed) == (0, [])


def test_a_rhythm_that_is_far_off_is_missed(papers):
    _, result, figures = papers
    result["rhythms"][0]["period_s"] = 900.0
    assert figures().rhythms_missed == 1


def test_a_false_accusation_is_printed_in_red(papers):
    _, result, figures = papers
    result["verdicts"][1]["outcome"] = "contradicted"
    console = Console(record=True, force_terminal=True, width=200, color_system="standard")
    print_score([figures()], console)
    said = console.export_text(styles=True)
    assert "\x1b[1;31m1 false accusations" in said
    assert "V1 should be cannot_tell, is contradicted" in said


def test_the_command_writes_the_figures(papers, tmp_path, capsys):
    papers[2]()
    assert main(["score", str(tmp_path), "-o", str(tmp_path / "score.json")]) == 0
    score = json.loads((tmp_path / "score.json").read_text())
    assert score["all"]["recall"] == {"found": 1, "expected": 1}
    assert score["worlds"][0]["verdicts"]["false_accusations"] == 0
    assert "The witness against known truth" in capsys.readouterr().out


def test_a_folder_that_was_not_audited_is_refused_in_one_sentence(papers, tmp_path):
    papers[2]()
    (tmp_path / "result.json").unlink()
    with pytest.raises(UnreadablePaperError, match=r"audit its case\.toml first"):
        parse_folder(tmp_path)
    (tmp_path / "result.json").write_text("[]")
    with pytest.raises(UnreadablePaperError, match="cannot be scored"):
        parse_folder(tmp_path)
