"""The witness before the laboratory: worlds are played, audited without their truth, and held against it.

What must never happen: an exposure of what did not leave, or a verdict against somebody that the truth does not bear
out. What should be found is counted by `make score`; here stands what has been reached and must not be lost.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wirelab.play import play
from wirelab.score.figures import Figures, measure
from wirelab.score.paper import parse_folder
from wirelab.sight import PLAYABLE, SIGHTS
from wirelab.world import find_world

pytestmark = pytest.mark.lab

OF_2014 = ("as_alleged", "as_explained", "as_measured_2014", "owner_turned_it_on")
HONEST = (
    "album_coming_down",
    "map_query_with_location",
    "masked_identifiers",
    "noise_switched_off",
    "periodic_weather_tile",
    "photo_in_a_chat",
    "test_images",
)
SEEN_THROUGH = (
    "after_uninstall_job",
    "capture_died_at_night",
    "contacts_numbers_only",
    "default_on_switch",
    "identifiers_hashed",
    "message_in_update_query",
    "own_encryption",
    "photo_split_over_requests",
    "queue_drained_after_revocation",
    "refuses_interception",
    "relay_in_first_party_domain",
    "stable_pseudonym",
    "third_party_cloud_abroad",
    "two_vantages",
)


def judge(world: str, seed: int, sight: str, folder: Path) -> Figures:
    """Play, audit and measure one world."""
    played = folder / "played"
    play(find_world(world), seed, played, SIGHTS[sight])
    truth = (played / "truth.json").rename(folder / "truth.json")  # out of the witness's sight
    command = [sys.executable, "-m", "wirewitness", "audit", "--case", str(played / "case.toml"), "--quiet"]
    done = subprocess.run(
        [*command, "-o", str(played / "audit")], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    truth.rename(played / "truth.json")
    return measure(*parse_folder(played))


@pytest.mark.parametrize("sight", PLAYABLE)
@pytest.mark.parametrize("world", OF_2014)
def test_the_case_of_2014_is_judged_right_whatever_the_witness_is_given(world, sight, tmp_path):
    figures = judge(world, 2014, sight, tmp_path)
    assert [(wrong.claim, wrong.right, wrong.given) for wrong in figures.wrong] == []
    assert figures.unnamed == [], "who cannot tell names every true reason"
    assert figures.missed == []
    assert figures.false_exposures == []
    assert (figures.wrong_destinations, figures.rhythms_missed) == (0, 0)


@pytest.mark.parametrize("world", HONEST)
def test_an_honest_world_that_looks_bad_accuses_nobody(world, tmp_path):
    figures = judge(world, 3, "keys", tmp_path)
    assert figures.accusations == 0
    assert figures.false_exposures == []


@pytest.mark.parametrize("world", SEEN_THROUGH)
def test_a_subtler_misdeed_is_seen_through(world, tmp_path):
    figures = judge(world, 3, "keys", tmp_path)
    assert [(wrong.claim, wrong.right, wrong.given) for wrong in figures.wrong] == []
    assert figures.unnamed == []
    assert (figures.found, figures.false_exposures) == (figures.expected, [])
