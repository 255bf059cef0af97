"""The time line's layout: what lies where, and what is counted when it does not fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wirewitness.report.language import Language
from wirewitness.report.rows import cap, group_exposures, sum_countries
from wirewitness.report.texts import Texts
from wirewitness.report.timeline import LEFT, MAX_LANES, RIGHT, Mark, Span, draw_timeline
from wirewitness.report.week import draw_week
from wirewitness.report.words import shorten

START = datetime(2014, 7, 20, tzinfo=UTC)
WEEK = timedelta(days=7)


@given(
    st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 10**6)), max_size=30),
    st.integers(0, 10**7),
)
def test_nothing_is_drawn_outside_and_no_mark_is_lost(spans: list[tuple[int, int]], length: int) -> None:
    end = START + timedelta(seconds=length)
    bands = [
        Span("x", "on", "a", START + timedelta(seconds=at), START + timedelta(seconds=at + long))
        for at, long in spans
    ]
    marks = [Mark("photo", "photo", START + (end - START) * (n / 7)) for n in range(8)]
    drawn = draw_timeline(START, end, bands, marks)
    for lane in drawn.bands:
        for box in lane.boxes:
            assert LEFT <= box.x <= RIGHT
            assert box.x + box.width <= RIGHT + 1.6
    assert sum(dot.count for lane in drawn.marks for dot in lane.dots) == 8
    assert all(LEFT <= tick.x <= RIGHT for tick in drawn.ticks)
    assert 1 <= len(drawn.ticks) <= 10


def test_lanes_beyond_the_bound_are_counted() -> None:
    marks = [Mark(f"kind {n}", "other", START) for n in range(MAX_LANES + 5)]
    drawn = draw_timeline(START, START + WEEK, [], marks)
    assert len(drawn.marks) == MAX_LANES
    assert drawn.left_out == 5


def test_a_state_without_a_logged_change_has_no_band(example) -> None:
    texts = Texts(Language.EN)
    drawn = draw_week(example.example(), texts)
    assert drawn is not None
    assert [lane.label for lane in drawn.bands] == [
        "Capture",
        "network",
        "automatic backup",
        "built-in software",
        "screen",
    ]
    backup = drawn.bands[2]
    assert [box.label for box in backup.boxes] == ["off", "on", "off"]
    assert "charging" not in [lane.label for lane in drawn.bands]


def test_masked_values_are_no_uploads_of_that_kind(example) -> None:
    drawn = draw_week(example.example(), Texts(Language.EN))
    assert drawn is not None
    assert not [lane for lane in drawn.marks if lane.label.startswith("MAC address")]


def test_capping_keeps_one_of_each_group_and_the_order() -> None:
    rows = cap(["a1", "a2", "a3", "b1", "a4", "c1"], 3, lambda row: row[0])
    assert rows.shown == ("a1", "b1", "c1")
    assert rows.left_out == 3
    cited = cap(["a1", "a2", "a3", "b1"], 2, lambda row: row[0], lambda row: row == "a3")
    assert cited.shown == ("a1", "a3")


def test_groups_and_countries_add_up(example) -> None:
    result = example.example()
    assert sum(group.count for group in group_exposures(result.exposures)) == len(result.exposures)
    countries = sum_countries(result.destinations)
    assert sum(one.up_bytes for one in countries) == sum(one.up_bytes for one in result.destinations)
    assert countries[0].code == "CN"
    assert countries[0].width == 192


def test_long_names_lose_their_middle() -> None:
    assert shorten("short", 10) == "short"
    assert shorten("a" * 50 + "z" * 50, 20).startswith("aaaa")
    assert "…" in shorten("照片" * 30, 20)
