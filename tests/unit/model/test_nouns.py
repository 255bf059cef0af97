"""The nouns: instants, kinds, codes, remarks, and the result's way into JSON and back."""

from __future__ import annotations

import json

import pytest
import small_world
from hypothesis import given
from hypothesis import strategies as st

from wirewitness.model.errors import ArgumentError, Bug, InputError
from wirewitness.model.instant import Instant
from wirewitness.model.kind import ALL_KINDS, DataKind, expand
from wirewitness.model.reason import LISTS, Missing, Note, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.result import Result
from wirewitness.model.toml_text import TomlText


@given(st.integers(-(10**18), 4 * 10**18))
def test_an_instant_survives_its_text(nanoseconds):
    assert Instant.parse(Instant(nanoseconds).text) == nanoseconds


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_is_that_of_the_calendar(moment):
    if moment.utcoffset().total_seconds() % 60 == 0:
        assert Instant.parse(
            moment.isoformat(timespec="microseconds") if moment.year > 999 else "2000-01-01T00:00:00Z"
        )


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2014-07-20", "2014-07-20T08:00:00", "2014-02-30T08:00:00Z", "2014-07-20T25:00:00Z"],
)
def test_what_is_no_instant_is_refused_in_one_sentence(text):
    with pytest.raises(ValueError, match="'") as caught:
        Instant.parse(text)
    assert "\n" not in str(caught.value)


def test_each_kind_has_a_term_and_a_sentence_and_a_family_is_all_of_it():
    for kind in DataKind:
        assert DataKind(kind.value) is kind
        assert kind.term.startswith(("pd:", "dpv:"))
        assert kind.meaning.endswith(".")
    assert len(expand("identifier")) == 12
    assert expand("photo") == ("photo",)
    with pytest.raises(ArgumentError, match="shoe_size"):
        expand("shoe_size")
    assert set(ALL_KINDS) == {kind.value for kind in DataKind}


def test_codes_are_told_apart_within_their_list_and_take_their_own_parameters_only():
    for codes in LISTS:
        assert len({code.value for code in codes}) == len(codes)
    assert Remark.of(Reason.NO_CAPTURE, from_="a", until="b").params == {"from": "a", "until": "b"}
    with pytest.raises(Bug):
        Remark.of(Missing.SUPPLY_KEYS, host="x")
    with pytest.raises(Bug):
        Remark.of(Note.NO_CASE, extra=1)


def test_a_result_survives_its_text_and_nothing_else_is_taken_for_one(tmp_path):
    result = small_world.owner_turned_it_on().audit(tmp_path)
    assert Result.from_text(result.text) == result
    value = json.loads(result.text)
    for damage in ({"format": "wirewitness-result/2"}, {"surprise": 1}, {"captures": 3}, {"title": None}):
        with pytest.raises(InputError):
            Result.from_text(json.dumps(value | damage))
    del value["verdicts"]
    with pytest.raises(InputError, match="/verdicts is missing"):
        Result.from_text(json.dumps(value))
    with pytest.raises(InputError):
        Result.from_text("[" * 100_000)


def test_a_toml_table_knows_its_lines(tmp_path):
    text = b'title = """\n[[not]]\n"""\n[a]\nx = 1\n[[b]]\ny = 1\n\n[[b]]\n"z" = 1\n'
    toml = TomlText.parse(tmp_path / "x.toml", text)
    assert toml.table("a").error("no", "x").line == 5
    assert [table.line for table in toml.tables("b")] == [6, 9]
    assert toml.tables("b")[1].error("no", "z").line == 10
    assert toml.tables("none") == ()
