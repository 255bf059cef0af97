"""`compare`: what changed between two audits, and that no difference is called a cause."""

from __future__ import annotations

import json

import pytest
from small_world import API, UPLOAD, as_alleged, as_explained, at, owner_turned_it_on

from wirewitness.cli import main
from wirewitness.judge.comparison import permuted_p


@pytest.fixture
def audits(tmp_path):
    as_explained().audit(tmp_path / "1")
    as_alleged().audit(tmp_path / "2")
    return tmp_path / "1" / "audit", tmp_path / "2" / "audit"


def test_changed_verdicts_and_exposures_are_told(audits, capsys):
    assert main(["compare", *map(str, audits), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "C1: not found → recorded" in said
    assert f"photo → {UPLOAD}: 1 → 4" in said
    assert "no evidence of its cause" in said
    assert "C3" not in said, "what did not change is left out"


def test_the_same_twice_has_not_changed(audits, capsys):
    assert main(["compare", str(audits[0]), str(audits[0]), "--lang", "en"]) == 0
    assert "Nothing changed" in capsys.readouterr().out


def test_bytes_a_day_are_compared_where_nothing_was_read(tmp_path, capsys):
    quiet, busy = owner_turned_it_on(keys=False, days=12), owner_turned_it_on(keys=False, days=12)
    for day in range(12):
        quiet.flow(API, at(day, 5), up=1_000 + day, readable=False)
        busy.flow(API, at(day, 5), up=90_000 + day, readable=False)
    quiet.audit(tmp_path / "1")
    busy.audit(tmp_path / "2")
    assert main(["compare", str(tmp_path / "1" / "audit"), str(tmp_path / "2" / "audit"), "--json"]) == 0
    volumes = {row["destination"]: row for row in json.loads(capsys.readouterr().out)["volumes"]}
    assert volumes[API]["p"] < 0.01
    assert volumes[API]["after_a_day"] > volumes[API]["before_a_day"]


def test_too_few_days_have_no_p_and_equal_days_a_large_one():
    assert permuted_p([1, 2, 3], [7, 8, 9]) is None
    assert permuted_p([1, 2, 3, 4], [5, 6, 7, 8]) == pytest.approx(2 / 70)
    assert permuted_p([5] * 6, [5] * 6) == 1.0
    assert permuted_p(list(range(15)), list(range(100, 115))) == pytest.approx(1 / 10_000)


def test_what_is_no_audit_is_one_sentence(tmp_path, capsys):
    assert main(["compare", str(tmp_path), str(tmp_path)]) == 2
    assert "not the folder of an audit" in capsys.readouterr().err
