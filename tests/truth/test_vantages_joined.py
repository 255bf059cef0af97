"""One night from two places without keys: its TLS connections are joined, and each place's own are told."""

from __future__ import annotations

import pytest

from wirelab.play import play
from wirelab.sight import SIGHTS
from wirelab.world import find_world
from wirewitness.case import audit
from wirewitness.find.flows import find_phone_flows
from wirewitness.find.tables import Tables

pytestmark = pytest.mark.lab

JOINED = """
SELECT n.capture, count(*), count(*) FILTER (EXISTS (
  SELECT 1 FROM twice t WHERE t.capture = n.capture AND t.id = n.id))
FROM named n WHERE n.client_random <> '' GROUP BY n.capture ORDER BY n.capture
"""


def test_ninety_nine_of_a_hundred_unread_tls_connections_join(tmp_path):
    play(find_world("two_vantages"), 1, tmp_path / "played", SIGHTS["none"])
    result = audit([], tmp_path / "audit", case=tmp_path / "played/case.toml", evidence=False)
    assert result.coverage.readable_up_bytes < result.coverage.up_bytes / 2
    with Tables(tmp_path / "audit/tables", tmp_path / "spill") as tables:
        flows = find_phone_flows(tables)
        joined = {capture: (every, both) for capture, every, both in tables.rows(JOINED)}
    assert set(joined) == {0, 1}
    for every, both in joined.values():
        assert every > 400
        assert both / every >= 0.99
    assert flows.again >= max(both for _, both in joined.values())
    assert "same_flow_twice" in {note.code for note in result.notes}
    assert {note.params["capture"] for note in result.notes if note.code == "one_vantage_only"}
