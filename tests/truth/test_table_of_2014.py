"""The table of the case of 2014, cell by cell: twelve claims in four worlds, with keys, export and events in hand.

The words below are the table of the design, copied by hand. Neither the truth file nor the program that writes it is
asked what is right: both it and the witness are held against the same cell.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from wirelab.play import play
from wirelab.sight import SIGHTS
from wirelab.world import find_world

pytestmark = pytest.mark.lab

WORLDS = ("as_alleged", "as_explained", "as_measured_2014", "owner_turned_it_on")
TABLE = {
    "C1": ("supported", "not_observed", "not_observed", "supported"),
    "C2": ("supported", "not_observed", "not_observed", "supported"),
    "C3": ("supported", "supported", "supported", "supported"),
    "C4": ("supported", "not_observed", "not_observed", "supported"),
    "C5": ("supported", "not_observed", "supported", "not_observed"),
    "C6": ("supported", "not_observed", "not_observed", "not_observed"),
    "C7": ("supported", "not_observed", "supported", "not_observed"),
    "V1": ("contradicted", "withstood", "contradicted", "withstood"),
    "V2": ("contradicted", "withstood", "withstood", "withstood"),
    "V3": ("contradicted", "withstood", "contradicted", "withstood"),
    "V4": ("not_observed", "supported", "not_observed", "supported"),
    "A1": ("not_observed", "not_observed", "not_observed", "supported"),
}
CELLS = [
    (claim, world, outcome)
    for claim, row in TABLE.items()
    for world, outcome in zip(WORLDS, row, strict=True)
]


@dataclass(frozen=True)
class Told:
    """What was said of each claim in one world."""

    by_the_truth: dict[str, str]
    by_the_witness: dict[str, str]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Each of the four worlds, played once and audited without its truth."""
    folder, done = tmp_path_factory.mktemp("table"), {}

    def get(world: str) -> Told:
        if world not in done:
            played = folder / world
            play(find_world(world), 7, played, SIGHTS["keys"])
            truth = (played / "truth.json").rename(folder / f"{world}.truth.json")
            command = [sys.executable, "-m", "wirewitness", "audit", "--case", str(played / "case.toml")]
            command += ["--quiet", "-o", str(played / "audit")]
            audit = subprocess.run(command, check=False, capture_output=True, text=True)
            assert audit.returncode == 0, audit.stderr
            verdicts = json.loads(truth.read_text(encoding="utf-8"))["verdicts"]
            result = json.loads((played / "audit" / "result.json").read_text(encoding="utf-8"))
            done[world] = Told(
                {claim: row["outcomes"]["keys"] for claim, row in verdicts.items()},
                {row["claim"]: row["outcome"] for row in result["verdicts"]},
            )
        return done[world]

    return get


@pytest.mark.parametrize(("claim", "world", "outcome"), CELLS)
def test_the_truth_and_the_witness_say_what_the_table_says(told, claim, world, outcome):
    assert told(world).by_the_truth[claim] == outcome
    assert told(world).by_the_witness[claim] == outcome


@pytest.mark.parametrize("world", WORLDS)
def test_nobody_speaks_of_claims_outside_the_table(told, world):
    assert set(told(world).by_the_truth) == set(told(world).by_the_witness) == set(TABLE)
