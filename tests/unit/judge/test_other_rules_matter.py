"""Mutation of the rules for contacts, rhythms, states, consent and trials: each is bent, and a known verdict changes."""

from __future__ import annotations

import pytest
import small_world
from small_world import UPLOAD, as_alleged, as_explained, at, outcomes, owner_turned_it_on
from trial_world import plan_of, trials_of, upload_planted

from wirewitness import case
from wirewitness.judge import about_contact, about_exposure, about_state, about_trials, consent, trial_opinion
from wirewitness.model.verdict import Outcome


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


def tried(plan_changed):
    world = as_explained(keys=False)
    plan = plan_of()
    upload_planted(world, plan)
    world.trials = trials_of(plan)
    if plan_changed:
        world.trials["plan_sha256"] = "0" * 64
    return world


def nothing(*_arguments):
    """A rule that was taken away."""


SCENES = {
    "unnamed": (
        lambda: with_change(
            as_explained(), lambda w: w.flow("", at(3, 5), up=50, readable=False, server="42.62.94.99")
        ),
        quiet_day, about_contact, "unnamed", nothing, "cannot_tell", "withstood",
    ),
    "unknown countries": (
        lambda: with_change(as_explained(), behind_a_proxy),
        lambda: quiet_day(countries=["US"]), about_contact, "unknown_countries", nothing, "cannot_tell", "withstood",
    ),
    "refused": (
        lambda: with_change(as_explained(), lambda w: w.refuse(UPLOAD, at(3, 5))),
        quiet_day, about_contact, "refused_attempts", nothing, "cannot_tell", "withstood",
    ),
    "hours missing": (
        lambda: with_change(
            as_explained(), lambda w: (w.recorder(at(3, 3), "lost"), w.recorder(at(3, 9), "start"))
        ),
        lambda: quiet_day(**{"from": at(2, 12.2), "hosts": ["upload.vendor.example"]}), about_contact,
        "missing_hours", nothing, "cannot_tell", "withstood",
    ),
    "no control": (
        as_explained, lambda: quiet_day(controls=None), about_contact, "controls", nothing, "cannot_tell", "withstood",
    ),
    "period of contacts": (
        as_explained, quiet_day, about_contact, "_kept", lambda _claim, times, _evidence: list(times),
        "withstood", "contradicted",
    ),
    "country of contacts": (
        as_alleged, lambda: small_world.claim("Q", "asserts", "contact", countries=["US"], controls=["K-photo"]),
        about_contact, "_in_country", lambda *_: True, "not_observed", "supported",
    ),
    "period of a rhythm": (
        as_alleged, lambda: every(300), about_contact, "_fits", lambda *_: True, "contradicted", "supported",
    ),
    "outcome of contacts": (
        as_alleged, lambda: every(600), about_contact, "found", lambda _: Outcome.CONTRADICTED,
        "supported", "contradicted",
    ),
    "outcome of a state": (
        owner_turned_it_on, lambda: by_owner("on"), about_state, "found", lambda _: Outcome.CONTRADICTED,
        "supported", "contradicted",
    ),
    "outcome of no state": (
        as_explained, lambda: by_owner("on"), about_state, "not_found", lambda _: Outcome.SUPPORTED,
        "not_observed", "supported",
    ),
    "consent": (
        owner_turned_it_on, uncovered, case, "place", lambda exposure, *_: exposure, "not_observed", "cannot_tell",
    ),
    "recipient of a consent": (
        lambda: with_change(owner_turned_it_on(), lambda w: [c.update(hosts=["other.example"]) for c in w.consents]),
        uncovered, consent, "host_matches", lambda *_: True, "supported", "not_observed",
    ),
    "trials that were changed": (
        lambda: tried(plan_changed=True), lambda: small_world.claims_of_2014(as_explained()).replace('"C1"', '"Q"'),
        about_trials, "_unusable", lambda *_: None, "cannot_tell", "supported",
    ),
    "trials that show": (
        lambda: tried(plan_changed=False), None, about_exposure, "shown_by_trials", nothing, "supported", "cannot_tell",
    ),
    "outcome of trials": (
        lambda: tried(plan_changed=False), None, trial_opinion, "found", lambda _: Outcome.CONTRADICTED,
        "supported", "contradicted",
    ),
}  # fmt: skip


def judged(scene, folder):
    make, wanted, *_ = SCENES[scene]
    world = make()
    if world.trials is not None:
        return outcomes(world.audit(folder))["C1"]
    return outcomes(world.audit(folder, claims=small_world.controls_of_2014() + wanted()))["Q"]


@pytest.mark.parametrize("scene", SCENES)
def test_a_bent_rule_is_caught(scene, tmp_path, monkeypatch):
    _, _, room, name, bent, right, wrong = SCENES[scene]
    first = judged(scene, tmp_path / "right")
    monkeypatch.setattr(room, name, bent)
    second = judged(scene, tmp_path / "bent")
    assert (first, second) == (right, wrong)
