"""Laws that verdicts obey whatever the course of events: what is added, taken away or put in another order."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_world import API, FACTS, UPLOAD, SmallWorld, _base, at, outcomes

LAW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
HOSTS = st.sampled_from([API, UPLOAD, "tracker.example"])
TIMES = st.tuples(st.integers(1, 3), st.floats(0, 23.9, allow_nan=False)).map(lambda t: at(*t))
DEEDS = st.one_of(
    st.tuples(st.just("upload"), HOSTS, TIMES, st.sampled_from(list(FACTS))),
    st.tuples(st.just("contact"), HOSTS, TIMES),
    st.tuples(st.just("refuse"), HOSTS, TIMES),
    st.tuples(st.just("lead"), HOSTS, TIMES),
    st.tuples(st.just("opaque"), HOSTS, TIMES),
    st.tuples(st.just("answer"), HOSTS, TIMES),
    st.tuples(st.just("backup"), TIMES, st.sampled_from(["on", "off"]), st.sampled_from(["owner", "tester"])),
)
COURSES = st.lists(DEEDS, max_size=8)
STRONG = {"supported", "contradicted", "not_observed", "withstood"}
FOUND = {"supported", "contradicted"}


def play(course, *, keys: bool = True, world: SmallWorld | None = None) -> SmallWorld:
    world = world or _base(keys=keys)
    seen = set()
    for deed in course:
        match deed:
            case ("upload", host, time, fact):
                world.upload(host, time, fact)
            case ("contact", host, time):
                world.contact(host, time)
            case ("refuse", host, time):
                world.refuse(host, time)
            case ("lead", host, time):
                world.upload(host, time, shapes=("imei field",))
            case ("opaque", host, time):
                world.flow(host, time, up=4000, readable=False)
            case ("answer", host, time):
                world.answer(host, time, "update offer", "recommendations")
            case ("backup", time, value, note) if time not in seen:
                seen.add(time)
                world.state(time, "backup", value, note)
    return world


def judged(world: SmallWorld, **given):
    with tempfile.TemporaryDirectory() as folder:
        return world.audit(Path(folder), **given)


@LAW
@given(COURSES)
def test_taking_the_keys_away_strengthens_nothing(course):
    with_keys, without = outcomes(judged(play(course))), outcomes(judged(play(course, keys=False)))
    for claim, outcome in without.items():
        if claim != "A1" and outcome in STRONG:
            assert outcome == with_keys[claim], (claim, with_keys[claim], outcome)


@LAW
@given(COURSES, COURSES)
def test_what_was_shown_stays_shown_when_another_capture_is_added(course, more):
    """The second capture runs beside the first, at another place, and its traffic is its own."""
    more = [deed for deed in more if deed[0] != "backup"]
    first = play(course)
    both = copy.deepcopy(first)
    before = {name: len(rows) for name, rows in both.rows.items()}
    both.captures = [(at(0, 0), at(4, 0), "wifi"), (at(0, 1), at(3, 20), "wifi")]
    play(more, world=both)
    for name, rows in both.rows.items():
        for row in rows[before[name] :]:
            row["capture"] = 1
    alone, together = outcomes(judged(first)), outcomes(judged(both))
    for claim, outcome in alone.items():
        if outcome in FOUND:
            assert together[claim] == outcome, claim


@LAW
@given(COURSES)
def test_nobody_is_accused_of_what_did_not_happen(course):
    """Whatever else happens: a claim about content is shown only if such content went to such a host."""
    result = judged(play(course))
    sent = {deed[3].split(":")[0] for deed in course if deed[0] == "upload" and deed[1] != "tracker.example"}
    found = outcomes(result)
    if "photo" not in sent:
        assert found["C1"] != "supported"
    if "sms" not in sent:
        assert found["C2"] != "supported"
    if not sent:
        assert {found[name] for name in ("C4", "C5", "C6", "C7")} & {"supported"} == set()
        assert {found[name] for name in ("V1", "V2")} & {"contradicted"} == set()


@LAW
@given(COURSES)
def test_nobody_is_comforted_where_something_was_refused_or_unread(course):
    result = judged(play(course))
    blind = [deed for deed in course if deed[0] in ("refuse", "opaque") and deed[1] != "tracker.example"]
    if blind:
        found = outcomes(result)
        assert found["C1"] != "not_observed"
        assert found["C5"] != "not_observed"


@LAW
@given(COURSES, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(course, rng):
    one = play(course)
    other = copy.deepcopy(one)
    for rows in other.rows.values():
        rng.shuffle(rows)
    rng.shuffle(other.log)
    first, second = (json.loads(judged(world).text) for world in (one, other))
    for result in (first, second):
        result["captures"][0].pop("path")
    assert first == second


def test_the_order_of_captures_does_not_matter(tmp_path):
    def world(*, swapped: bool) -> SmallWorld:
        made = _base()
        spans = [(at(0, 0), at(2, 0), "wifi"), (at(2, 0), at(4, 0), "wifi")]
        made.captures = spans[::-1] if swapped else spans
        for rows in made.rows.values():
            for row in rows:
                late = row.get("time_ns", row.get("first_ns")) >= at(2, 0)
                row["capture"] = int(late) ^ int(swapped)
        return made

    one, other = world(swapped=False).audit(tmp_path / "1"), world(swapped=True).audit(tmp_path / "2")
    assert outcomes(one) == outcomes(other)
    assert [c.first for c in one.captures] == [c.first for c in other.captures]


def test_a_result_holds_no_value_of_the_owners(tmp_path):
    text = play([("upload", API, at(1, 2), fact) for fact in FACTS]).audit(tmp_path).text
    for fact, (_, value) in FACTS.items():
        assert value is None or value not in text, fact
