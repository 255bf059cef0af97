"""Two audits together, and two clocks: what they add, and what they must not."""

from __future__ import annotations

import pytest
from small_world import as_alleged, as_explained, at, codes, outcomes
from trial_world import plan_of, trials_of, upload_planted

from wirewitness.case import audit
from wirewitness.judge.case_reader import read_case
from wirewitness.model.errors import InputError
from wirewitness.model.instant import NS, Instant
from wirewitness.model.verdict import Strength


def alleged(seed):
    world = as_alleged(keys=False)
    plan = plan_of(seed)
    upload_planted(world, plan)
    world.trials = trials_of(plan, seed)
    return world


def verdict(result, claim):
    return next(v for v in result.verdicts if v.claim == claim)


def joined(world, folder, other):
    """`world` audited together with the audit in `other`; its capture is one of its own."""
    from small_world import HandMade, claims_of_2014

    folder.mkdir()
    case = world.write_case(folder, claims_of_2014(world))
    (folder / "0.pcap").write_bytes(b"another capture of " + folder.name.encode())
    return audit(case=case, output=folder / "audit", decoder=HandMade(world), also=[other])


def test_a_second_independent_series_may_pass_moderately_strong(tmp_path):
    first = alleged("one").audit(tmp_path / "one")
    assert verdict(first, "C1").strength is Strength.MODERATELY_STRONG
    both = joined(alleged("two"), tmp_path / "two", tmp_path / "one" / "audit")
    together = verdict(both, "C1")
    assert together.strength.rank > Strength.MODERATELY_STRONG.rank
    assert codes(both, "C1")[:2] == ["trial_shown", "runs_together"]
    assert "one_run" not in {q.code for q in together.quality}


def test_the_same_captures_again_are_no_second_run(tmp_path):
    first = alleged("one").audit(tmp_path / "one")
    world = alleged("one")
    world.captures = [(at(0, 0), at(4, 0), "wifi")]
    case = tmp_path / "one" / "case.toml"
    from small_world import HandMade

    again = audit(
        case=case, output=tmp_path / "again", decoder=HandMade(world), also=[tmp_path / "one" / "audit"]
    )
    assert verdict(again, "C1").strength == verdict(first, "C1").strength
    assert "run_not_independent" in {n.code for n in again.notes}


def test_another_outcome_is_told_and_changes_nothing(tmp_path):
    as_explained().audit(tmp_path / "one")
    both = joined(as_alleged(), tmp_path / "two", tmp_path / "one" / "audit")
    alone = as_alleged().audit(tmp_path / "three")
    assert outcomes(both) == outcomes(alone)
    assert "run_differs" in codes(both, "C1")
    assert "run_agrees" in codes(both, "C3")
    assert verdict(both, "C3").strength is Strength.STRONG, "a rhythm that two runs show"


def test_silence_of_two_runs_stays_silence(tmp_path):
    as_explained().audit(tmp_path / "one")
    both = joined(as_explained(), tmp_path / "two", tmp_path / "one" / "audit")
    assert verdict(both, "V1").strength is None
    assert outcomes(both)["V1"] == "withstood"


def test_what_is_no_audit_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be read as the result"):
        joined(as_explained(), tmp_path / "two", tmp_path / "nowhere")


def shifted(world, seconds):
    world.log = [(Instant(t + seconds * NS), *rest) for t, *rest in world.log]
    return world


def test_the_clocks_are_compared_and_a_difference_is_told(tmp_path):
    agree = as_explained().audit(tmp_path / "1")
    assert "clock_offset" in {n.code for n in agree.notes}
    differ = shifted(as_explained(), 90).audit(tmp_path / "2")
    (note,) = [n for n in differ.notes if n.code == "clocks_differ"]
    assert note.params["low"] == 90
    assert "clocks_differ" in {q.code for q in verdict(differ, "V2").quality}
    assert "clocks_differ" not in {q.code for q in verdict(differ, "C1").quality}, "C1 has no condition"


def test_a_declared_offset_puts_the_events_where_they_belong(tmp_path):
    world = shifted(as_explained(), 3600)
    folder = tmp_path / "case"
    folder.mkdir()
    path = world.write_case(folder, "")
    text = path.read_text()
    path.write_text("clock_offset_s = 3600\n" + text)
    case = read_case(path)
    assert min(event.time for event in case.events) == at(0, 0)
    path.write_text("clock_offset_s = true\n" + text)
    with pytest.raises(InputError, match="number of seconds"):
        read_case(path)
