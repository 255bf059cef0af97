"""The detectors on values that apps sent to trackers: the half that nothing was learnt from."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from wirewitness.find.rule_files import load_rules

TOOL = Path(__file__).parents[2] / "tools" / "learn_tracker_fields.py"


def test_labelled_values_are_told_apart_as_well_as_the_page_says(corpus, monkeypatch):
    spec = importlib.util.spec_from_file_location("learn_tracker_fields", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "learn_tracker_fields", tool)
    spec.loader.exec_module(tool)
    rows = [row for row in tool.read_rows(corpus / "tweasel") if not row.learns]
    sums, _ = tool.measure(rows, tuple(rule for rule in load_rules().fields if rule.up))
    assert tool.macro(sums) >= 0.90
    named = [one for kind, one in sums.items() if kind.startswith("identifier.")]
    true, false = sum(one[0] for one in named), sum(one[1] for one in named)
    assert true >= 0.98 * (true + false)
