"""suricata-verify's filters on http, tls, dns, quic and flow: what Suricata's log must hold, our tables hold too."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from decoded import read_tables
from suricata_filters import Filter, holds, read_filters


@pytest.fixture(scope="module")
def asked(corpus, tmp_path_factory) -> dict[str, tuple[Filter, bool, int]]:
    """Every filter by its name, whether it holds, and how many rows fit."""
    tables, found = {}, {}
    for one in read_filters(corpus / "suricata-verify"):
        capture = one.capture.resolve()
        if capture not in tables:
            tables[capture] = read_tables(capture, tmp_path_factory.mktemp("suricata"))
        found[one.name] = (one, *holds(one, tables[capture]))
    return found


def differences() -> dict[str, str]:
    """The kind of each listed difference."""
    rows = tomllib.loads((Path(__file__).parent / "suricata_differences.toml").read_text())["difference"]
    return {name: row["kind"] for row in rows if row["reason"] for name in row["filters"]}


def test_every_filter_holds_but_for_the_written_list(asked):
    """The list is neither shorter nor longer than the truth."""
    failed = {
        name: f"{one.event} {dict(one.match)}: wanted {one.count}, found {found}"
        for name, (one, right, found) in asked.items()
        if not right
    }
    listed = differences()
    assert {name: why for name, why in failed.items() if name not in listed} == {}
    assert set(listed) - set(failed) == set(), "listed differences that are none any more"


def test_ninety_five_of_a_hundred_hold(asked):
    """Of the filters that speak of the traffic, and not of what Suricata was told to do or how it counts."""
    listed = differences()
    comparable = {name for name in asked if listed.get(name) in (None, "differs")}
    right = {name for name in comparable if asked[name][1]}
    assert len(asked) == 287
    assert len(comparable) == 258
    assert len(right) / len(comparable) >= 0.95
