"""Real web requests that carried one known person's e-mail or user name: all found, in the right encoding.

Another person's facts are found in none of them. Nothing of the requests stands here. What is missed, and why, stands
in docs/method/pii-leakage.md, which the tool of this test writes.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
LEAST = 0.995


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("measure_pii_leakage")


@pytest.fixture
def rows(corpus, tool):
    return tool.read_rows(corpus / "pii-leakage")


def test_the_right_fact_is_found_in_the_right_encoding(tool, rows, tmp_path):
    found = tool.hits(rows, tool.PERSON, tmp_path / "tables")
    missed = [
        (row["encoding_form"], row["leakage_method"], row["pii_type"], lacking, tool.why(row))
        for number, row in enumerate(rows.rows)
        if (lacking := tool.missing(row["encoding_form"], found.get(number, [])))
    ]
    share = 1 - len(missed) / len(rows.rows)
    assert share >= LEAST, f"{share:.4f}; missed: {missed}"
    assert {why for *_, why in missed} <= {tool.NAMED}


def test_another_persons_facts_are_in_none_of_them(tool, rows, tmp_path):
    assert tool.hits(rows, tool.ANOTHER, tmp_path / "tables") == {}
