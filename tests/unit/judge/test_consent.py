"""Consent: data, recipient, condition and time must all fit; what nearly fits says where it does not."""

from __future__ import annotations

import pytest
from small_world import API, HOSTS, UPLOAD, as_explained, at

BACKUP = {
    "id": "own",
    "data": ["photo"],
    "hosts": HOSTS,
    "purpose": "backup",
    "from": at(1, 0),
    "until": at(2, 0),
}


def status(tmp_path, record, *, host=UPLOAD, time=None, events=True):
    world = as_explained(events=events)
    world.consents = [record] if record else []
    world.upload(host, time or at(1, 5), "photo:2", size=9000)
    result = world.audit(tmp_path)
    (found,) = [e.consent for e in result.exposures if e.fact == "photo:2"]
    return found.status, found.record, found.misses


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (BACKUP, ("covered", "own", None)),
        ({**BACKUP, "hosts": ["cloud.other.example"]}, ("uncovered", "own", "recipient")),
        ({**BACKUP, "until": at(1, 2)}, ("uncovered", "own", "time")),
        ({**BACKUP, "when": {"backup": "on"}}, ("uncovered", "own", "condition")),
        ({**BACKUP, "when": {"charging": "on"}}, ("unknown", "own", None)),
        ({**BACKUP, "data": ["sms.body"]}, ("uncovered", None, None)),
        (None, ("uncovered", None, None)),
    ],
)
def test_each_part_must_fit(record, told, tmp_path):
    assert status(tmp_path, record) == told


def test_what_is_agreed_to_elsewhere_covers_nothing_here(tmp_path):
    """One record for another host, one for another time: together they do not cover it."""
    world = as_explained()
    world.consents = [{**BACKUP, "id": "a", "hosts": ["x.example"]}, {**BACKUP, "id": "b", "until": at(1, 2)}]
    world.upload(API, at(1, 5), "photo:2", size=9000)
    (found,) = [e.consent for e in world.audit(tmp_path).exposures if e.fact == "photo:2"]
    assert (found.status, found.record) == ("uncovered", "a")


def test_where_nobody_wrote_down_what_was_done_it_is_unknown(tmp_path):
    assert status(tmp_path, None, events=False)[0] == "unknown"
