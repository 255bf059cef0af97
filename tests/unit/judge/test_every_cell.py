"""The table of the case of 2014: four worlds, twelve claims, under each visibility. Every cell is a test.

Visibility: keys of all, of some (none of the host that takes the uploads) or of no connection; an events log or
none; trials or none. A phone of the worlds that upload photos uploads what the trials plant, too (where the owner
turned the backup on, only since then); in the others something else goes up meanwhile.
"""

from __future__ import annotations

import pytest
from small_world import UPLOAD, WORLDS, at, outcomes
from trial_world import chatter, plan_of, trials_of, upload_planted

CLAIMS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "V1", "V2", "V3", "V4", "A1")
SHORT = {"S": "supported", "N": "not_observed", "W": "withstood", "X": "contradicted", "?": "cannot_tell"}
NAMES = ("as alleged", "as explained", "as measured in 2014", "owner turned it on")
# One letter a claim, in the order of CLAIMS; a row a world, in the order of NAMES. By hand, from the method's rules.
TABLE = {
    ("keys", "events", ""): (
        "S S S S S S N X X X N N",
        "N N S N N N N W W W S N",
        "N N S N S N S X W X N N",
        "S S S S N N N W W W S S",
    ),
    ("keys", "events", "trials"): (
        "S S S S S S N X X X N N",
        "N N S N N N N W W W S N",
        "N N S N S N S X W X N N",
        "S S S S N N N W W W S S",
    ),
    ("keys", "", ""): (  # nobody wrote down when the backup was off, or what the owner agreed to
        "S S S ? ? ? ? ? ? ? N ?",
        "N N S ? ? ? ? ? ? ? S ?",
        "N N S ? ? ? ? ? ? ? N ?",
        "S S S ? ? ? ? ? ? ? S ?",
    ),
    ("keys", "", "trials"): (
        "S S S ? ? ? ? ? ? ? N ?",
        "N N S ? ? ? ? ? ? ? S ?",
        "N N S ? ? ? ? ? ? ? N ?",
        "S S S ? ? ? ? ? ? ? S ?",
    ),
    ("partial", "events", ""): (  # what goes to the other host can be read: preferences, identifiers, answers
        "? ? S ? ? ? ? ? ? X ? N",
        "? ? S ? ? ? ? ? ? W S N",
        "? ? S ? S ? S X ? X N N",
        "? ? S ? ? ? ? ? ? ? S S",
    ),
    ("partial", "events", "trials"): (  # the chatter of honest phones is unread as well: V3 and V4 are blind
        "S ? S ? ? ? ? ? X X ? N",
        "? ? S ? ? ? ? ? ? ? S N",
        "? ? S ? S ? S X ? X ? N",
        "S ? S ? ? ? ? ? ? ? S S",
    ),
    ("partial", "", ""): (
        "? ? S ? ? ? ? ? ? ? ? ?",
        "? ? S ? ? ? ? ? ? ? S ?",
        "? ? S ? ? ? ? ? ? ? N ?",
        "? ? S ? ? ? ? ? ? ? S ?",
    ),
    ("partial", "", "trials"): (
        "S ? S ? ? ? ? ? ? ? ? ?",
        "? ? S ? ? ? ? ? ? ? S ?",
        "? ? S ? ? ? ? ? ? ? ? ?",
        "S ? S ? ? ? ? ? ? ? S ?",
    ),
    ("none", "events", ""): (
        "? ? S ? ? ? ? ? ? ? ? N",
        "? ? S ? ? ? ? ? ? ? ? N",
        "? ? S ? ? ? ? ? ? ? ? N",
        "? ? S ? ? ? ? ? ? ? ? S",
    ),
    ("none", "events", "trials"): (  # C2 is about messages, and nobody planted any; V2 needs the log
        "S ? S ? ? ? ? ? X ? ? N",
        "? ? S ? ? ? ? ? ? ? ? N",
        "? ? S ? ? ? ? ? ? ? ? N",
        "S ? S ? ? ? ? ? ? ? ? S",
    ),
    ("none", "", ""): (
        "? ? S ? ? ? ? ? ? ? ? ?",
        "? ? S ? ? ? ? ? ? ? ? ?",
        "? ? S ? ? ? ? ? ? ? ? ?",
        "? ? S ? ? ? ? ? ? ? ? ?",
    ),
    ("none", "", "trials"): (
        "S ? S ? ? ? ? ? ? ? ? ?",
        "? ? S ? ? ? ? ? ? ? ? ?",
        "? ? S ? ? ? ? ? ? ? ? ?",
        "S ? S ? ? ? ? ? ? ? ? ?",
    ),
}
UPLOADS_SINCE = {"as alleged": at(0, 0), "owner turned it on": at(1, 8)}


def test_the_table_has_every_visibility_and_every_world():
    assert set(NAMES) == set(WORLDS)
    assert len(TABLE) == 3 * 2 * 2
    assert {len(rows) for rows in TABLE.values()} == {4}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sight", TABLE, ids=lambda sight: "+".join(filter(None, sight)))
def test_every_cell(sight, name, tmp_path):
    keys, events, trials = sight
    unread = frozenset({UPLOAD} if keys == "partial" else ())
    world = WORLDS[name](keys=keys != "none", events=bool(events), unread=unread)
    if trials:
        plan = plan_of()
        if name in UPLOADS_SINCE:
            upload_planted(world, plan, share=0.95, since=UPLOADS_SINCE[name])
        else:
            chatter(world)
        world.trials = trials_of(plan)
    right = TABLE[sight][NAMES.index(name)].split()
    expected = {claim: SHORT[letter] for claim, letter in zip(CLAIMS, right, strict=True)}
    assert outcomes(world.audit(tmp_path)) == expected
