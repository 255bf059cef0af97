"""When the agent speaks by itself says nothing about its owner: measured over many phones, and a build that
lets it speak is caught by the same measure."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from itertools import pairwise
from statistics import NormalDist

import pytest
from optin_life import MORNING, WIFI, make_life

from optin.agent.schedule import JITTER, SLOT, WINDOW, Schedule
from optin.agent.switch import Switch

HEAVY = {"games": 900, "music": 700, "night_use": 400, "several_languages": 3}
PHONES, ALPHA = 150, 1e-4


def moments(seed, minutes, *, hours=40):
    """Times of all that a phone sends by itself."""
    life = make_life(seed)
    life.agent.agree(Switch.UPDATES, life.now)
    life.agent.agree(Switch.PREFERENCES, life.now)
    sent, end = [], life.now + timedelta(hours=hours)
    while life.now < end:
        for upload in list(life.agent.due(life.now, WIFI, minutes)):
            life.deliver(upload)
            sent.append((life.now, upload.request.method, upload.request.path.split("/")[2]))
        life.now += timedelta(minutes=5)
    return sent


def report_hour(seed, minutes):
    """Hour of Monday at which a phone's report leaves."""
    life = make_life(seed)
    life.now = monday = MORNING.replace(hour=0) + timedelta(days=1)
    life.agent.agree(Switch.PREFERENCES, life.now)
    for _ in range(200):
        for upload in list(life.agent.due(life.now, WIFI, minutes)):
            if upload.data:
                return (life.now - monday).total_seconds() / 3600
            life.deliver(upload)
        life.now += timedelta(minutes=9)
    raise AssertionError("no report in 30 hours")


def kolmogorov_smirnov(first, second):
    """Largest distance between two empirical distributions."""
    points = sorted(first + second)
    return max(
        abs(sum(x <= p for x in first) / len(first) - sum(x <= p for x in second) / len(second))
        for p in points
    )


def differs(first, second):
    """True when the two samples differ at ALPHA (the asymptotic bound of Smirnov's test, which errs to no)."""
    n, m = len(first), len(second)
    return kolmogorov_smirnov(first, second) > math.sqrt(-math.log(ALPHA / 2) / 2 * (n + m) / (n * m))


def test_two_owners_with_one_draw_send_at_the_same_moments_whatever_they_do():
    assert moments(1, HEAVY) == moments(1, {})
    assert {what for _, _, what in moments(1, HEAVY)} == {
        "updates",
        "recommendations",
        "consents",
        "preferences",
    }


@pytest.fixture(scope="module")
def quiet():
    return [report_hour(seed, {}) for seed in range(PHONES)]


@pytest.fixture(scope="module")
def heavy():
    return [report_hour(seed + 1000, HEAVY) for seed in range(PHONES)]


def test_over_many_phones_the_time_of_the_report_does_not_depend_on_the_owner(quiet, heavy):
    assert not differs(quiet, heavy)
    assert min(quiet) < 4, "spread over a day"
    assert 20 < max(quiet) < 26


def test_the_same_measure_catches_a_build_in_which_counting_takes_time(quiet, heavy):
    assert differs(quiet, [hour + 9 for hour in heavy])


def test_slots_of_one_phone_have_no_offset_in_common():
    """A phone whose clock goes wrong, or that always came a little late, would be known again by it."""
    begins = []
    schedule, start = Schedule(b"one phone's draw"), MORNING.replace(hour=0)
    for slot in range(400):
        begin = start + slot * SLOT
        offset = next(s for s in range(91) if schedule.slot(begin + timedelta(seconds=s)) is not None)
        begins.append(offset)
    mean, spread = sum(begins) / len(begins), JITTER.total_seconds() / 12**0.5
    assert (
        abs(mean - JITTER.total_seconds() / 2)
        < NormalDist().inv_cdf(1 - ALPHA) * spread / len(begins) ** 0.5 + 1
    )
    following = [a * b for a, b in pairwise(begins)]
    assert abs(sum(following) / len(following) - mean**2) < 4 * spread**2 / len(following) ** 0.5 + mean


def test_a_slot_that_passed_without_a_network_is_left_out():
    """The moment at which the network came back is not told."""
    life = make_life(2)
    life.agent.agree(Switch.UPDATES, life.now)
    life.now += WINDOW + JITTER
    assert list(life.agent.due(life.now, WIFI)) == []


def test_the_owner_s_own_act_waits_for_no_slot():
    life = make_life(2)
    life.agent.agree(Switch.UPDATES, life.now)
    life.now += WINDOW + JITTER
    assert len(list(life.agent.due(life.now, WIFI, at_once=True))) == 2
    assert list(life.agent.due(life.now, WIFI, at_once=True)) == [], "and asks once"


def test_the_draw_is_made_only_when_something_is_on():
    life = make_life(4)
    rng = random.Random(4).randbytes(16)
    life.pass_time(3)
    assert life.agent.chest.secret("draw") is None
    life.agent.agree(Switch.UPDATES, life.now)
    life.pass_time(1)
    assert life.agent.chest.secret("draw") not in (None, rng)
