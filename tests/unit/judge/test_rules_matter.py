"""Mutation of the rules: each rule of blindness taken away, or an outcome turned round, changes a verdict that is known.

For each rule stands a small world in which it alone keeps a silence from being called one.
"""

from __future__ import annotations

import pytest
import small_world
from small_world import API, UPLOAD, as_explained, at, outcomes

from wirewitness.judge import about_exposure, blindness
from wirewitness.model.verdict import Outcome


def no_facts(world):
    return small_world.claim("Q", "denies", "exposure", data=["clipboard"], controls=["K-photo"])


def unknown_conditions(world):
    world.state(at(2, 0), "charging", "off")
    return claim(when={"charging": "off"})


def unclear_findings(world):
    world.upload(UPLOAD, at(1, 0.05), "photo:2", size=9000)
    world.state(at(1, 0.1), "charging", "off")
    return claim(when={"charging": "off"})


def unknown_consent(world):
    world.events = False
    return claim(consent="uncovered")


def leads(world):
    world.upload(API, at(1, 3), shapes=("imei field",))
    return small_world.claim("Q", "denies", "exposure", data=["identifier"], controls=["K-identifier"])


def unread_bytes(world):
    world.flow(UPLOAD, at(1, 5), up=5_000, readable=False)
    return claim()


def unexplained_tokens(world):
    for hour in (5, 7):
        world.token(API, at(1, hour), 20140722)
    return small_world.claim("Q", "denies", "exposure", data=["identifier"], controls=["K-identifier"])


def missing_bytes(world):
    world.flow(UPLOAD, at(1, 5), up=5_000, gap_bytes_client=9_000)
    return claim()


def refused_attempts(world):
    world.refuse(UPLOAD, at(1, 5))
    return claim()


def missing_hours(world):
    world.recorder(at(1, 6), "lost")
    world.recorder(at(2, 6), "start")
    return claim()


def unread_captures(world):
    world.captures = [(at(0, 0), at(4, 0), "wifi"), (at(0, 1), at(3, 20), "wifi")]
    world.broken = {1}
    return claim()


def too_short(world):
    return claim(**{"from": at(1, 0), "until": at(1, 0.5)})


def controls(world):
    return claim(controls=None)


def claim(**more):
    return small_world.claim(
        "Q", "denies", "exposure", **{"data": ["photo"], "controls": ["K-photo"], **more}
    )


SCENES = {
    rule.__name__: rule
    for rule in (
        no_facts,
        unknown_conditions,
        unclear_findings,
        unknown_consent,
        leads,
        unread_bytes,
        unexplained_tokens,
        missing_bytes,
        refused_attempts,
        missing_hours,
        unread_captures,
        too_short,
        controls,
    )
}


def judged(scene, folder):
    world = as_explained()
    wanted = SCENES[scene](world)
    return outcomes(world.audit(folder, claims=small_world.controls_of_2014() + wanted))["Q"]


def test_each_rule_has_its_world():
    assert set(SCENES) == {rule.__name__ for rule in blindness._RULES}


@pytest.mark.parametrize("scene", SCENES)
def test_with_the_rule_nothing_is_told_and_without_it_a_comfort_would_be(scene, tmp_path, monkeypatch):
    assert judged(scene, tmp_path / "with") == "cannot_tell"
    left = tuple(rule for rule in blindness._RULES if rule.__name__ != scene)
    monkeypatch.setattr(blindness, "_RULES", left)
    assert judged(scene, tmp_path / "without") == "withstood"


@pytest.mark.parametrize("name", ["found", "not_found"])
def test_an_outcome_turned_round_is_caught(name, tmp_path, monkeypatch):
    world = small_world.as_alleged() if name == "found" else as_explained()
    right = outcomes(world.audit(tmp_path / "right"))
    turned = {
        "found": {"asserts": Outcome.CONTRADICTED, "denies": Outcome.SUPPORTED},
        "not_found": {"asserts": Outcome.WITHSTOOD, "denies": Outcome.NOT_OBSERVED},
    }[name]
    monkeypatch.setattr(about_exposure, name, lambda claim: turned[claim.polarity.value])
    again = small_world.as_alleged() if name == "found" else as_explained()
    wrong = outcomes(again.audit(tmp_path / "wrong"))
    assert right["C1"] != wrong["C1"]
    assert right["V1"] != wrong["V1"]
