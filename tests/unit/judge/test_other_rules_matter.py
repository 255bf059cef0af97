"""Mutation of the other rules: each is bent, and a verdict that is known changes.

Findings, contacts, rhythms, states, consent, controls, trials and strength. The last test walks all functions of these
rooms: each is bent here or has a test elsewhere, or only puts words to what others decided.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import small_world
from small_world import UPLOAD, as_alleged, as_explained, at, outcomes, owner_turned_it_on
from trial_world import plan_of, switched, trials_of, upload_planted

from wirewitness import case
from wirewitness.judge import (
    about_contact,
    about_exposure,
    about_state,
    about_trials,
    blindness,
    consent,
    controls,
    matching,
    scope,
    second_run,
    strength,
    trial_evidence,
    trial_opinion,
    trial_series,
    verdicts,
)
from wirewitness.judge.opinion import Opinion
from wirewitness.model.case_file import Claim
from wirewitness.model.verdict import Outcome, Polarity, Strength


def quiet_day(**more):
    """Nobody turns to the vendor on the last day; said of it: that nobody does."""
    given = {"from": at(3, 0), "until": at(4, 0), "controls": ["K-photo"], **more}
    return small_world.claim("Q", "denies", "contact", **given)


def every(seconds):
    return small_world.claim("Q", "asserts", "contact", rhythm={"periodic": True, "every_s": seconds})


def uncovered():
    return small_world.claim(
        "Q", "asserts", "exposure", data=["photo"], consent="uncovered", controls=["K-photo"]
    )


def by_owner(value):
    return small_world.claim(
        "Q", "asserts", "state", hosts=None, state={"key": "backup", "value": value, "by": "owner"}
    )


def with_change(world, change):
    change(world)
    return world


def behind_a_proxy(world):
    for row in world.rows["flow"]:
        row["proxied"] = row["host"] == UPLOAD


def tried(*, claims=("C1", "V2"), blocks=2, host=UPLOAD, world=as_explained, **more):
    """Trials without keys in which all that is planted goes up."""
    made = world(keys=False)
    plan = plan_of(claims=claims, blocks=blocks)
    upload_planted(made, plan, host=host)
    made.trials = trials_of(plan, **more)
    return made


def nothing(*_arguments, **_more):
    """A rule that was taken away."""


def yes(*_arguments):
    return True


def content(polarity="asserts", **more):
    given = {"data": ["photo"], "controls": ["K-photo"], **more}
    return small_world.claim("Q", polarity, "exposure", **given)


def answered_yes(question):
    """The rules of matching, with one question always answered yes."""
    real = matching.answer
    return lambda *given: {**real(*given), question: True}


def taken_as_shown(sort):
    """The rules of matching, with findings that are no evidence taken as some."""
    real = about_exposure.match

    def match(*given):
        found = real(*given)
        return replace(found, shown=[*found.shown, *getattr(found, sort)])

    return match


def never_missing(miss):
    real = consent._misses
    return lambda *given: [one for one in real(*given) if one != miss]


def known_to_nobody(*given, known):
    """Consent as if it were known what the owner did, though nobody wrote it down."""
    return _real_consent_of(*given, known=True)


_real_consent_of = consent.consent_of
_real_control = controls.judge_control


def always_passed(*given):
    result = _real_control(*given)
    return replace(result, passed=True, found=result.expected, hosts=(UPLOAD,))


def consent_until_day_2(world):
    world.consents[-1]["until"] = at(2, 0)


def consent_on_mobile(world):
    world.consents[-1]["when"] = {"network": "mobile"}


def without_the_control_message(world):
    world.rows["hit"] = [row for row in world.rows["hit"] if row["fact"] != "sms:1"]


def recorder_lost(world):
    world.recorder(at(1, 12), "lost")
    world.recorder(at(2, 0), "start")


@dataclass(frozen=True)
class Scene:
    """What happens, what is said of it (None: the claims of 2014), the rule, how it is bent, and what is looked at."""

    make: Any
    claim: Any
    room: Any
    rule: str
    bent: Any
    right: str
    wrong: str
    look: str = "Q"


SCENES = {
    "unnamed": Scene(
        lambda: with_change(
            as_explained(), lambda w: w.flow("", at(3, 5), up=50, readable=False, server="42.62.94.99")
        ),
        quiet_day, about_contact, "unnamed", nothing, "cannot_tell", "withstood",
    ),
    "unknown countries": Scene(
        lambda: with_change(as_explained(), behind_a_proxy),
        lambda: quiet_day(countries=["US"]), about_contact, "unknown_countries", nothing, "cannot_tell", "withstood",
    ),
    "refused": Scene(
        lambda: with_change(as_explained(), lambda w: w.refuse(UPLOAD, at(3, 5))),
        quiet_day, about_contact, "refused_attempts", nothing, "cannot_tell", "withstood",
    ),
    "hours missing": Scene(
        lambda: with_change(
            as_explained(), lambda w: (w.recorder(at(3, 3), "lost"), w.recorder(at(3, 9), "start"))
        ),
        lambda: quiet_day(**{"from": at(2, 12.2), "hosts": ["upload.vendor.example"]}), about_contact,
        "missing_hours", nothing, "cannot_tell", "withstood",
    ),
    "no control": Scene(
        as_explained, lambda: quiet_day(controls=None), about_contact, "controls", nothing, "cannot_tell", "withstood",
    ),
    "period of contacts": Scene(
        as_explained, quiet_day, about_contact, "_kept", lambda _claim, times, _evidence: list(times),
        "withstood", "contradicted",
    ),
    "country of contacts": Scene(
        as_alleged, lambda: small_world.claim("Q", "asserts", "contact", countries=["US"], controls=["K-photo"]),
        about_contact, "_in_country", lambda *_: True, "not_observed", "supported",
    ),
    "period of a rhythm": Scene(
        as_alleged, lambda: every(300), about_contact, "_fits", lambda *_: True, "contradicted", "supported",
    ),
    "outcome of contacts": Scene(
        as_alleged, lambda: every(600), about_contact, "found", lambda _: Outcome.CONTRADICTED,
        "supported", "contradicted",
    ),
    "outcome of a state": Scene(
        owner_turned_it_on, lambda: by_owner("on"), about_state, "found", lambda _: Outcome.CONTRADICTED,
        "supported", "contradicted",
    ),
    "outcome of no state": Scene(
        as_explained, lambda: by_owner("on"), about_state, "not_found", lambda _: Outcome.SUPPORTED,
        "not_observed", "supported",
    ),
    "consent": Scene(
        owner_turned_it_on, uncovered, case, "place", lambda exposure, *_: exposure, "not_observed", "cannot_tell",
    ),
    "recipient of a consent": Scene(
        lambda: with_change(owner_turned_it_on(), lambda w: [c.update(hosts=["other.example"]) for c in w.consents]),
        uncovered, consent, "host_matches", lambda *_: True, "supported", "not_observed",
    ),
    "trials that were changed": Scene(
        lambda: tried(plan_sha256="0" * 64), None, about_trials, "_unusable", nothing, "cannot_tell", "supported", "C1",
    ),
    "trials whose seed is sealed": Scene(
        lambda: tried(seed=None), None, about_trials, "_unusable", nothing, "cannot_tell", "supported", "C1",
    ),
    "trials about consent": Scene(
        lambda: tried(claims=("C5",)), None, about_trials, "_unusable", nothing, "cannot_tell", "supported", "C5",
    ),
    "too few trials": Scene(
        lambda: tried(claims=("C1",), blocks=1), None, about_trials, "_unusable", nothing, "cannot_tell", "supported",
        "C1",
    ),
    "a small p alone": Scene(
        lambda: switched(14), None, about_trials, "_state", lambda *_: "shown", "cannot_tell", "supported", "C1",
    ),
    "evidence that is enough": Scene(
        lambda: switched(14), None, about_trials, "LEAST_E", 1.0, "cannot_tell", "supported", "C1",
    ),
    "windows under the condition": Scene(
        lambda: tried(world=owner_turned_it_on), None, trial_series, "_under", yes, "cannot_tell", "contradicted", "V2",
    ),
    "windows that were recorded": Scene(
        lambda: with_change(tried(), recorder_lost), None, trial_series, "_captured", yes, "cannot_tell", "supported",
        "C1",
    ),
    "hosts of trials": Scene(
        lambda: tried(host="tracker.example"), None, trial_series, "_concerns", yes, "cannot_tell", "supported", "C1",
    ),
    "a claim shown in part by trials": Scene(
        lambda: tried(claims=("Q",)),
        lambda: content(data=["photo", "sms.body"], match="all"),
        about_trials, "_claim_p", lambda _, results: min(r.p for r in results), "cannot_tell", "supported",
    ),
    "trials that show": Scene(
        tried, None, about_exposure, "shown_by_trials", nothing, "supported", "cannot_tell", "C1",
    ),
    "outcome of trials": Scene(
        tried, None, trial_opinion, "found", lambda _: Outcome.CONTRADICTED, "supported", "contradicted", "C1",
    ),
    "strength of one series": Scene(
        tried, None, trial_opinion, "strength_of_trials", lambda *_, runs: Strength.VERY_STRONG,
        "moderately_strong", "very_strong", "strength of C1",
    ),
    "strength of a value": Scene(
        as_alleged, None, about_exposure, "strength_of", lambda *_: Strength.WEAK,
        "extremely_strong", "weak", "strength of C1",
    ),
    "strength of a kind of finding": Scene(
        as_alleged, None, strength, "_band", lambda *_: Strength.MODERATE,
        "extremely_strong", "moderate", "strength of C1",
    ),
    "host of findings": Scene(
        lambda: with_change(as_explained(), lambda w: w.upload("tracker.example", at(1, 5), "photo:2", size=9000)),
        content, matching, "answer", answered_yes("host"), "not_observed", "supported",
    ),
    "period of findings": Scene(
        as_alleged, lambda: content(**{"from": at(3, 12)}), matching, "answer", answered_yes("period"),
        "not_observed", "supported",
    ),
    "condition of findings": Scene(
        owner_turned_it_on, lambda: content(when={"backup": "off"}), matching, "answer", answered_yes("condition"),
        "not_observed", "supported",
    ),
    "country of findings": Scene(
        as_alleged, lambda: content(countries=["US"]), matching, "answer", answered_yes("country"),
        "not_observed", "supported",
    ),
    "countries": Scene(
        as_alleged, lambda: content(countries=["US"]), matching, "in_countries", yes, "not_observed", "supported",
    ),
    "consent of findings": Scene(
        owner_turned_it_on, uncovered, matching, "answer", answered_yes("consent"), "not_observed", "supported",
    ),
    "placeholders": Scene(
        lambda: with_change(
            as_explained(), lambda w: w.upload(UPLOAD, at(1, 4), "mask:00000000-0000-0000-0000-000000000000")
        ),
        lambda: content(data=["identifier"], controls=["K-identifier"]),
        about_exposure, "match", taken_as_shown("masked"), "not_observed", "supported",
    ),
    "leads": Scene(
        lambda: with_change(as_explained(), lambda w: w.upload(UPLOAD, at(1, 4), shapes=("imei field",))),
        lambda: content(data=["identifier"], controls=["K-identifier"]),
        about_exposure, "match", taken_as_shown("leads"), "cannot_tell", "supported",
    ),
    "all parts of a claim": Scene(
        lambda: with_change(as_explained(), lambda w: w.upload(UPLOAD, at(1, 4), "photo:2", size=9000)),
        lambda: content(data=["photo", "sms.body"], match="all", controls=["K-photo", "K-sms"]),
        Claim, "match_all", property(lambda _: False, lambda *_: None), "not_observed", "supported",
    ),
    "a condition that never held": Scene(
        as_explained, lambda: content(when={"software": ["reflashed"]}), about_exposure, "untested_opinion", nothing,
        "not_tested", "cannot_tell",
    ),
    "time of a consent": Scene(
        lambda: with_change(owner_turned_it_on(), consent_until_day_2), uncovered, consent, "_misses",
        never_missing("time"), "supported", "not_observed",
    ),
    "condition of a consent": Scene(
        lambda: with_change(owner_turned_it_on(), consent_on_mobile), uncovered, consent, "holds", yes,
        "supported", "not_observed",
    ),
    "consent that nobody wrote down": Scene(
        lambda: as_alleged(events=False), uncovered, consent, "consent_of", known_to_nobody, "cannot_tell", "supported",
    ),
    "controls": Scene(
        lambda: with_change(as_explained(), without_the_control_message),
        lambda: content(data=["sms.body"], controls=["K-sms"]),
        case, "judge_control", always_passed, "cannot_tell", "not_observed",
    ),
    "bytes that can carry a kind": Scene(
        lambda: with_change(as_explained(), lambda w: w.flow(UPLOAD, at(1, 5), up=2_000, readable=False)),
        lambda: content("denies"), blindness, "carrier_bytes", lambda *_: 10**9, "cannot_tell", "withstood",
    ),
    "talk within the house": Scene(
        lambda: with_change(
            as_explained(), lambda w: w.flow("", at(2, 4), up=5_000, readable=False, server="239.255.255.250")
        ),
        lambda: content("denies"), scope, "_is_global", yes, "withstood", "cannot_tell",
    ),
    "a rhythm of another period": Scene(
        as_alleged, lambda: every(300), about_contact, "_differs", lambda *_: Opinion(Outcome.SUPPORTED),
        "contradicted", "supported",
    ),
}  # fmt: skip


def judged(scene, folder):
    world = scene.make()
    text = None
    if scene.claim is not None:
        text = small_world.controls_of_2014() + scene.claim()
    result = world.audit(folder, claims=text)
    claim = scene.look.rpartition(" ")[2]
    if scene.look.startswith("strength"):
        return next(v.strength for v in result.verdicts if v.claim == claim).value
    return outcomes(result)[claim]


@pytest.mark.parametrize("name", SCENES)
def test_a_bent_rule_is_caught(name, tmp_path, monkeypatch):
    scene = SCENES[name]
    first = judged(scene, tmp_path / "right")
    monkeypatch.setattr(scene.room, scene.rule, scene.bent)
    second = judged(scene, tmp_path / "bent")
    assert (first, second) == (scene.right, scene.wrong)


ROOMS = (
    about_contact, about_exposure, about_state, consent, controls, matching, strength, about_trials, trial_evidence,
    trial_opinion, trial_series, second_run, verdicts, scope,
)  # fmt: skip
WORDS = {
    "judge_contact", "_best", "_rhythm_shown", "_contact_shown", "_silence", "judge_exposure", "_shown",
    "_nothing", "_shown_in_part", "_shown_otherwise", "_text", "place_of", "judge_trials", "_try_series",
    "_decided", "results_of", "trial_remarks", "_unconfirmed", "_too_few", "_excludes", "spans_of",
    "measure", "_volumes", "join_runs", "_files_of", "_rests_on", "_trials", "judge_claims", "judge_claim",
}  # fmt: skip
"""Functions that lead from rule to rule, or put into words what a rule decided."""
ELSEWHERE = {
    "judge_state": "test_a_state_counts_in_its_period_and_by_whom_it_was_set",
    "alternative_of": "test_every_supported_or_contradicted_verdict_shows_evidence_strength_and_an_alternative",
    "power_bound": "test_every_supported_or_contradicted_verdict_shows_evidence_strength_and_an_alternative",
    "_takes_part": "test_of_two_series_only_the_one_that_shows_takes_part",
    "_deviated": "test_what_was_skipped_is_told_and_counts_as_planned",
    "combined_e_value": "test_evidence_of_several_series_is_their_mean_and_of_several_parts_the_smallest",
    "holm": "test_holm_pays_for_every_registered_claim_also_for_those_that_were_not_tried",
    "closed_e_values": "test_the_evidence_of_one_claim_is_shared_by_a_family",
    "_shifted": "test_uploads_that_wait_an_hour_are_found_in_the_lagged_windows",
    "_independent": "test_the_same_captures_again_are_no_second_run",
    "_joined": "test_another_outcome_is_told_and_changes_nothing",
    "_by_trials": "test_a_second_independent_series_may_pass_moderately_strong",
}


def test_every_rule_of_these_rooms_is_bent_somewhere():
    """A new function is a rule that wants a scene, or a test of its own, or says itself that it is only words."""
    there = {
        name
        for room in ROOMS
        for name, one in inspect.getmembers(room, inspect.isfunction)
        if one.__module__ == room.__name__
    }
    bent = {scene.rule for scene in SCENES.values()}
    assert there - bent - WORDS - set(ELSEWHERE) == set()
    assert (WORDS | set(ELSEWHERE)) - there == set(), "rules that are gone"
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in ELSEWHERE.values() if f"def {name}(" not in tests] == []
    assert [name for name, scene in SCENES.items() if scene.right == scene.wrong] == []


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({}, "supported"),
        ({"from": at(1, 9)}, "not_observed"),
        ({"state": {"key": "backup", "value": "on", "by": "tester"}}, "not_observed"),
        ({"state": {"key": "preferences", "value": "on", "by": "owner"}}, "not_observed"),
    ],
)
def test_a_state_counts_in_its_period_and_by_whom_it_was_set(change, right, tmp_path):
    given = {"hosts": None, "state": {"key": "backup", "value": "on", "by": "owner"}, **change}
    text = small_world.claim("Q", "asserts", "state", **given)
    assert outcomes(owner_turned_it_on().audit(tmp_path, claims=text))["Q"] == right


@pytest.fixture(scope="module")
def one_result(tmp_path_factory):
    return next(t for t in tried().audit(tmp_path_factory.mktemp("tried")).trials if t.claim == "C1")


def test_of_two_series_only_the_one_that_shows_takes_part(one_result):
    clear, dull = (replace(one_result, state="not_shown", p=p) for p in (0.0001, 0.4))
    assert about_trials._takes_part(clear, [clear, dull])
    assert not about_trials._takes_part(dull, [clear, dull])


@pytest.mark.parametrize(("match_all", "value"), [(False, 505.0), (True, 10.0)])
def test_evidence_of_several_series_is_their_mean_and_of_several_parts_the_smallest(
    match_all, value, one_result
):
    claim = small_world_claim(match_all)
    results = [replace(one_result, state="not_shown", e_value=e) for e in (1_000.0, 10.0)]
    assert trial_evidence.combined_e_value(claim, results) == value
    assert trial_evidence.combined_e_value(claim, [replace(one_result, state="sealed")]) == 1.0


def small_world_claim(match_all):
    return Claim("Q", Polarity.ASSERTS, "exposure", data=(("photo",), ("sms.body",)), match_all=match_all)
