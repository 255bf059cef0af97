"""Places as programs write them. The geohash and plus code of known places come from their authors' pages."""

from __future__ import annotations

import pytest

from wirewitness.find.needles import watch_for
from wirewitness.find.places import geohash, parse_place, plus_code, written_places
from wirewitness.find.spelling import coordinates, spellings
from wirewitness.model.fact import Fact, Owner
from wirewitness.model.kind import DataKind


def test_a_geohash_is_its_authors():
    assert geohash((57.64911, 10.40744), 11) == "u4pruydqqvj"


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ((47.365590, 8.524997), "8FVC9G8F+6X"),
        ((20.375, 2.775), "7FG49QGG+22"),
        ((-41.2730625, 174.7859375), "4VCPPQGP+Q9"),
    ],
)
def test_a_plus_code_is_its_authors(place, code):
    assert plus_code(place) == code


def test_what_names_no_place_is_none():
    for value in ("somewhere", "48.1", "91.5,2.0", "10,20,30"):
        assert parse_place(value) is None
    assert plus_code((90.0, 0.0)) is None


def test_degrees_are_rounded_and_cut_from_four_decimals_on():
    pairs = written_places((48.8566142, 2.3522219))
    assert ("48.8566", "2.3522") in pairs
    assert ("48.85661", "2.35222") in pairs
    assert ("48.856614", "2.352222") in pairs
    assert ("48.856614", "2.352221") in pairs
    assert ("48856614", "2352222") in pairs
    assert not any(pair[0] == "48.857" for pair in pairs), "three decimals name a quarter of a town"


def test_a_place_is_spelt_as_pair_geohash_and_plus_code():
    found = spellings(DataKind.LOCATION, "47.365590,8.524997", None)
    assert {"47.365590,8.524997", "8.5250,47.3656", "8FVC9G8F+6X"} <= set(found)


def test_latitude_alone_counts_in_context_only():
    watch = watch_for(Owner((Fact("home", DataKind.LOCATION, ("47.365590,8.524997",)),), None))
    alone = [n for n, form in enumerate(watch.needles.plain) if form.data == b"47.365590"]
    assert len(alone) == 1
    assert set(alone) <= watch.short
    assert watch.needles.plain[alone[0]].whole_token
    assert "47.365590" in coordinates("47.365590,8.524997")
