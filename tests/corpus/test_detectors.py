"""The detectors on values that apps sent to trackers: the half that nothing was learnt from."""

from __future__ import annotations

import importlib
from pathlib import Path

TOOLS = Path(__file__).parents[2] / "tools"


def test_labelled_values_are_told_apart_as_well_as_the_page_says(corpus, monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    tool = importlib.import_module("measure_detectors")
    rows = [row for row in tool.read_rows(corpus / "tweasel") if not row.learns]
    sums, _, _ = tool.measure(rows, tool.upward())
    assert tool.macro(sums) >= 0.90
    named = {kind: one for kind, one in sums.items() if kind.startswith("identifier.")}
    for kind, (true, false, _) in named.items():
        assert true >= 0.98 * (true + false), kind
