"""Randomised trials under encryption: what they show, what they never show, and what silence in them is worth."""

from __future__ import annotations

import copy

import pytest
from small_world import API, UPLOAD, as_alleged, as_explained, at, codes, outcomes, owner_turned_it_on
from trial_world import chatter, plan_of, switched, trials_of, upload_planted, windows_of

from wirewitness.judge.trial_evidence import closed_e_values, holm
from wirewitness.judge.trials_reader import plan_sha256
from wirewitness.model.instant import NS, Instant
from wirewitness.model.verdict import Strength


def verdict(result, claim):
    return next(v for v in result.verdicts if v.claim == claim)


def trial_of(result, claim):
    return next(t for t in result.trials if t.claim == claim)


def alleged(plan=None, *, share=0.9, **given):
    plan = plan or plan_of()
    world = as_alleged(keys=False)
    upload_planted(world, plan, share=share, **given)
    world.trials = trials_of(plan)
    return world


def honest(plan=None):
    plan = plan or plan_of()
    world = as_explained(keys=False)
    chatter(world)
    world.trials = trials_of(plan)
    return world


def test_photos_that_leave_unreadably_are_shown_by_their_sizes(tmp_path):
    result = alleged().audit(tmp_path)
    found = outcomes(result)
    assert (found["C1"], found["V2"]) == ("supported", "contradicted")
    shown = verdict(result, "C1")
    assert shown.reasons[0].code == "trial_shown"
    assert shown.strength is Strength.MODERATELY_STRONG, "one run goes no further"
    assert shown.alternative.code == "unrelated_bytes"
    assert {"by_volume", "one_run"} <= {q.code for q in shown.quality}
    assert "run_again" in {m.code for m in shown.missing}
    assert trial_of(result, "C1").destination == UPLOAD
    assert trial_of(result, "C1").plan_sha256 == plan_sha256(plan_of())


def test_what_was_not_registered_stays_untold(tmp_path):
    """C2 is about messages, C4 and V1 would fit the photos: nobody said beforehand that they are tested."""
    found = outcomes(alleged().audit(tmp_path))
    assert {found[name] for name in ("C2", "C4", "C5", "C6", "C7", "V1")} == {"cannot_tell"}


def test_an_honest_phone_is_not_accused_and_not_cleared(tmp_path):
    result = honest().audit(tmp_path)
    found = outcomes(result)
    assert (found["C1"], found["V2"]) == ("cannot_tell", "cannot_tell")
    assert codes(result, "V2")[:2] == ["trial_not_shown", "trial_excludes"]
    assert 0 < trial_of(result, "V2").excluded_share <= 0.9


def test_thumbnails_are_shown_as_well(tmp_path):
    assert outcomes(alleged(ratio=0.04).audit(tmp_path))["C1"] == "supported"


def test_uploads_that_wait_an_hour_are_found_in_the_lagged_windows(tmp_path):
    plan = plan_of(lags=(0, 3600))
    world = as_alleged(keys=False)
    for start, code in windows_of(plan):
        world.flow(UPLOAD, Instant(start + 3900 * NS), up=code + 1500, readable=False)
    world.trials = trials_of(plan)
    result = world.audit(tmp_path)
    assert outcomes(result)["C1"] == "supported"
    assert trial_of(result, "C1").lag_s == 3600


def test_a_connection_that_stays_open_for_days_is_told_by_minutes(tmp_path):
    plan = plan_of()
    world = as_alleged(keys=False)
    planted = windows_of(plan)
    total = sum(code for _, code in planted)
    flow = world.flow(UPLOAD, at(1, 0.2), up=total, readable=False, last_ns=int(at(3, 20)))
    world.rows["volume"] += [
        {"flow": flow, "time_ns": int(start) + 120 * NS, "app_bytes_client": code, "app_bytes_server": 0}
        for start, code in planted
        if code
    ]
    world.trials = trials_of(plan)
    assert outcomes(world.audit(tmp_path))["C1"] == "supported"


def test_uploads_to_hosts_of_others_show_nothing_about_the_vendor(tmp_path):
    assert outcomes(alleged(host="tracker.example").audit(tmp_path))["C1"] == "cannot_tell"


def test_a_plan_that_was_changed_is_no_evidence_and_is_told(tmp_path):
    world = alleged()
    changed = copy.deepcopy(world.trials)
    changed["plan"]["series"][0]["lags_s"] = [0]
    world.trials = changed
    result = world.audit(tmp_path)
    assert outcomes(result)["C1"] == "cannot_tell"
    assert codes(result, "C1")[0] == "trial_changed"
    assert "trials_changed" in {n.code for n in result.notes}


def test_a_sealed_seed_is_no_evidence_and_is_told(tmp_path):
    world = alleged()
    world.trials["seed"] = None
    result = world.audit(tmp_path)
    assert outcomes(result)["C1"] == "cannot_tell"
    assert codes(result, "C1")[0] == "trial_sealed"
    assert verdict(result, "C1").missing[0].code == "open_seed"


def test_ten_windows_are_too_few_however_well_they_fit(tmp_path):
    result = alleged(plan_of(blocks=1), share=1.0).audit(tmp_path)
    assert outcomes(result)["C1"] == "cannot_tell"
    assert codes(result, "C1")[0] == "trial_too_few"


def test_windows_outside_the_condition_do_not_count(tmp_path):
    """The owner turns the backup on in the middle: V2 speaks of the time before only."""
    plan = plan_of(claims=("V2",))
    world = owner_turned_it_on(keys=False)
    upload_planted(world, plan)
    world.trials = trials_of(plan)
    result = world.audit(tmp_path)
    assert outcomes(result)["V2"] == "cannot_tell"
    assert trial_of(result, "V2").state == "too_few"
    assert trial_of(result, "V2").outside > 0
    assert "windows_left_out" in {q.code for q in verdict(result, "V2").quality}


def test_windows_in_which_no_capture_ran_do_not_count(tmp_path):
    world = alleged()
    world.recorder(at(1, 12), "lost")
    world.recorder(at(2, 0), "start")
    result = world.audit(tmp_path)
    assert trial_of(result, "C1").uncaptured == 6
    assert outcomes(result)["C1"] == "cannot_tell"


def test_what_was_skipped_is_told_and_counts_as_planned(tmp_path):
    world = alleged()
    window = world.trials["plan"]["series"][0]["windows"][0]
    world.trials["done"] = [{"window": window["id"], "time": window["start"], "what": "skipped", "note": ""}]
    result = world.audit(tmp_path)
    assert trial_of(result, "C1").used == 20
    assert "trials_deviated" in {q.code for q in verdict(result, "C1").quality}


def test_a_series_about_another_kind_cannot_answer(tmp_path):
    result = alleged(plan_of(claims=("C2",))).audit(tmp_path)
    assert outcomes(result)["C2"] == "cannot_tell"
    assert codes(result, "C2")[0] == "trial_unfit"


def test_a_claim_about_consent_is_not_answered_by_numbers_of_bytes(tmp_path):
    assert outcomes(alleged(plan_of(claims=("C5",))).audit(tmp_path))["C5"] == "cannot_tell"


def test_a_paired_design_with_enough_pairs_shows_a_setting_that_uploads(tmp_path):
    assert outcomes(switched(16).audit(tmp_path))["C1"] == "supported"


@pytest.mark.parametrize("pairs", [9, 10, 13])
def test_a_paired_design_that_could_never_pass_is_refused(pairs, tmp_path):
    """Nine pairs can be drawn in 512 ways: no p below 1/512, however clear the difference. Thirteen give a
    small p and never an e-value of 1,000."""
    result = switched(pairs).audit(tmp_path)
    assert outcomes(result)["C1"] == "cannot_tell"
    assert codes(result, "C1")[0] == "trial_too_few"


def test_a_small_p_without_evidence_enough_accuses_nobody(tmp_path):
    """Fourteen pairs can just pass, and these do not: told as unconfirmed, with what would settle it."""
    result = switched(14).audit(tmp_path)
    trial = trial_of(result, "C1")
    assert trial.p_holm <= 0.001
    assert trial.e_value < 1_000
    assert trial.state == "unconfirmed"
    assert outcomes(result)["C1"] == "cannot_tell"
    assert codes(result, "C1")[0] == "trial_unconfirmed"
    assert [m.params["windows"] for m in verdict(result, "C1").missing if m.code == "run_longer"] == [56]


@pytest.mark.parametrize("keys", [True, False])
def test_the_same_trials_give_the_same_bytes(keys, tmp_path):
    plan = plan_of()
    world = as_alleged(keys=keys)
    upload_planted(world, plan)
    world.trials = trials_of(plan)
    first, second = world.audit(tmp_path / "1"), world.audit(tmp_path / "2")
    assert first.trials == second.trials
    assert first.trials[0].state == "shown"


def test_refused_attempts_are_not_outweighed_by_trials_that_found_nothing(tmp_path):
    world = honest()
    world.refuse(API, at(2, 3))
    result = world.audit(tmp_path)
    assert outcomes(result)["V2"] == "cannot_tell"
    assert "refused" in codes(result, "V2")


def test_trials_that_find_nothing_do_not_weaken_what_was_read(tmp_path):
    plan = plan_of()
    world = as_explained()
    world.trials = trials_of(plan)
    found = outcomes(world.audit(tmp_path))
    assert (found["C1"], found["V2"], found["V1"]) == ("not_observed", "withstood", "withstood")


def test_the_evidence_of_one_claim_is_shared_by_a_family():
    """Two claims of the same windows need what one needs; one beside an untried one needs twice as much."""
    assert closed_e_values({"C1": 1_000.0, "V2": 1_000.0}, 2) == {"C1": 1_000.0, "V2": 1_000.0}
    assert closed_e_values({"C1": 1_999.0}, 2) == {"C1": 1_000.0}
    assert closed_e_values({"C1": 3_000.0, "C2": 0.0, "V2": 6.0}, 3)["C1"] == 1_002.0
    assert closed_e_values({"C1": 0.0, "V2": 9_000.0}, 2)["C1"] == 0.0, "nobody gains by company"


def test_holm_pays_for_every_registered_claim_also_for_those_that_were_not_tried():
    assert holm({"C1": 0.0004}, 3) == {"C1": pytest.approx(0.0012)}
    assert holm({"C1": 0.0004, "V2": 0.0004}, 2) == {
        "C1": pytest.approx(0.0008),
        "V2": pytest.approx(0.0008),
    }
