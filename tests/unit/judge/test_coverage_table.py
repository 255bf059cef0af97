"""Coverage by destination and condition: what blinds stands where it belongs, and nothing is summed away."""

from __future__ import annotations

import small_world
from small_world import API, UPLOAD, at, outcomes


def rows_of(result, destination):
    return [row for row in result.coverage.table if row.destination == destination]


def test_what_blinds_a_claim_is_told_where_it_blinds_it(tmp_path):
    world = small_world.as_explained()
    world.flow(UPLOAD, at(2, 4), up=200_000, readable=False)
    world.flow(API, at(2, 5), up=3000, gap_bytes_client=500)
    result = world.audit(tmp_path)
    assert outcomes(result)["V2"] == "cannot_tell"
    (unread,) = [row for row in rows_of(result, UPLOAD) if row.hidden_bytes]
    assert (unread.opaque, unread.hidden_bytes) == ({"no_keys": 200_000}, 200_000)
    assert unread.condition["backup"] == "off"
    assert {"V1", "V2", "C1"} <= set(unread.blinds)
    (lost,) = [row for row in rows_of(result, API) if row.gap_bytes]
    assert (lost.gap_bytes, lost.hidden_bytes) == (500, 500)
    hidden = {room.bytes: (room.destinations, room.largest) for room in result.coverage.hidden}
    assert hidden[102_400] == (1, (UPLOAD,))
    assert hidden[1_048_576] == (0, ())


def test_attempts_and_hours_without_capture_stand_there_too(tmp_path):
    world = small_world.as_explained()
    world.refuse(UPLOAD, at(1, 3))
    world.recorder(at(2, 1), "lost")
    world.recorder(at(2, 7), "start")
    result = world.audit(tmp_path)
    assert sum(row.refused for row in rows_of(result, UPLOAD)) == 1
    assert any(row.hours_missing == 6.0 and row.blinds for row in rows_of(result, UPLOAD))


def test_a_claim_about_other_hosts_is_not_said_to_be_blinded(tmp_path):
    world = small_world.as_explained()
    world.flow("tracker.example", at(2, 4), up=200_000, readable=False)
    result = world.audit(tmp_path)
    assert outcomes(result)["V2"] == "withstood"
    assert [row.blinds for row in rows_of(result, "tracker.example")] == [()]


def test_bytes_of_the_table_are_those_of_the_phone(tmp_path):
    result = small_world.as_alleged().audit(tmp_path)
    assert sum(row.up_bytes for row in result.coverage.table) == result.coverage.up_bytes
    assert all(row.readable_up_bytes <= row.up_bytes for row in result.coverage.table)
