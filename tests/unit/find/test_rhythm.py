"""Rhythm: beats are found through jitter, gaps and other traffic; chance is not taken for one."""

from __future__ import annotations

import random

import pytest

from wirewitness.find.beats import ALPHA
from wirewitness.find.contacts import Contacts
from wirewitness.find.rhythm import find_rhythm, find_rhythms, find_series_rhythms
from wirewitness.model.instant import NS, Instant

START = 1_405_814_400


def series(seconds):
    return tuple(Instant(int((START + s) * NS)) for s in sorted(seconds))


def beats(rng, period, count, jitter=0.0, missing=0.0):
    return [
        n * period + rng.uniform(-jitter, jitter) * period for n in range(count) if rng.random() >= missing
    ]


@pytest.mark.parametrize("period", [60, 300, 1800, 7200])
@pytest.mark.parametrize("jitter", [0.0, 0.02, 0.04])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_a_beat_is_found_and_its_interval_holds_the_period(period, jitter, missing):
    rng = random.Random(f"{period}{jitter}{missing}")
    rhythm = find_rhythm("h", series(beats(rng, period, 60, jitter, missing)))
    assert rhythm is not None
    assert rhythm.period_s == pytest.approx(period, rel=0.02)
    assert rhythm.low_s <= rhythm.period_s <= rhythm.high_s
    assert rhythm.p < ALPHA


def test_each_beat_may_be_a_burst_of_connections():
    rng = random.Random(5)
    seconds = [beat + rng.uniform(0, 8) for beat in beats(rng, 600, 40) for _ in range(4)]
    rhythm = find_rhythm("h", series(seconds))
    assert rhythm is not None
    assert rhythm.period_s == pytest.approx(600, rel=0.02)
    assert rhythm.count == 40


def test_other_contacts_in_between_do_not_hide_a_beat():
    rng = random.Random(6)
    seconds = beats(rng, 300, 80) + [rng.uniform(0, 24000) for _ in range(40)]
    rhythm = find_rhythm("h", series(seconds))
    assert rhythm is not None
    assert rhythm.period_s == pytest.approx(300, rel=0.05)


def test_missed_beats_are_counted():
    seconds = [n * 600.0 for n in range(50) if n not in (10, 11, 30)]
    rhythm = find_rhythm("h", series(seconds))
    assert rhythm is not None
    assert (rhythm.count, rhythm.missed) == (47, 3)


@pytest.mark.parametrize("seed", range(20))
def test_beats_that_are_missed_do_not_make_a_multiple_of_the_period(seed):
    rng = random.Random(f"missed {seed}")
    rhythm = find_rhythm("h", series(beats(rng, 900, 60, 0.02, 0.3)))
    assert rhythm is not None
    assert rhythm.period_s == pytest.approx(900, rel=0.03)


def test_a_period_that_changes_is_two_rhythms_each_with_its_span():
    rng = random.Random(8)
    early, late = beats(rng, 300, 60, 0.01), beats(rng, 1800, 40, 0.01)
    change = 60 * 300
    first, second = find_series_rhythms("h", series([*early, *(change + s for s in late)]))
    assert first.period_s == pytest.approx(300, rel=0.03)
    assert second.period_s == pytest.approx(1800, rel=0.03)
    assert abs(int(first.until) / NS - START - change) <= 4 * 1800
    assert first.until <= second.from_


def test_a_rhythm_that_begins_late_is_told_from_where_it_begins():
    rng = random.Random(9)
    seconds = [rng.uniform(0, 200_000) for _ in range(25)] + [200_000 + s for s in beats(rng, 600, 80, 0.02)]
    (rhythm,) = find_series_rhythms("h", series(seconds))
    assert rhythm.period_s == pytest.approx(600, rel=0.03)
    assert int(rhythm.from_) / NS - START > 190_000


@pytest.mark.parametrize("seed", range(20))
def test_habits_and_songs_are_no_rhythm(seed):
    """People keep the hour, not the minute; songs last about as long each."""
    rng = random.Random(f"habits {seed}")
    habits = [d * 86400 + 3600 * rng.gauss(hour, 0.4) for d in range(14) for hour in (7.5, 12.5, 22)]
    at, songs = 0.0, []
    for _ in range(80):
        songs.append(at)
        at += rng.gauss(215, 45)
    assert find_rhythm("h", series(habits)) is None
    assert find_rhythm("h", series(songs)) is None


def test_uploads_have_a_rhythm_of_their_own():
    rng = random.Random(10)
    chatter = series([rng.uniform(0, 90_000) for _ in range(300)])
    uploads = series(beats(rng, 1800, 50, 0.01))
    (rhythm,) = find_rhythms([Contacts("h", (chatter,), uploads)])
    assert (rhythm.what, round(rhythm.period_s, -1)) == ("upload", 1800)


def test_too_few_contacts_make_no_rhythm():
    assert find_rhythm("h", series([n * 600.0 for n in range(7)])) is None
    assert find_rhythm("h", ()) is None


def _random(rng, count):
    return [rng.uniform(0, 86400) for _ in range(count)]


def _bursts(rng, count):
    starts = [rng.uniform(0, 86400) for _ in range(max(2, count // 6))]
    return [rng.choice(starts) + rng.expovariate(1 / 90) for _ in range(count)]


def _day(rng, count):
    return [rng.gauss(rng.choice((30000, 45000, 70000)), 5000) for _ in range(count)]


def _heavy(rng, count):
    time, out = 0.0, []
    for _ in range(count):
        time += rng.lognormvariate(5, 1.2)
        out.append(time)
    return out


@pytest.mark.parametrize("kind", [_random, _bursts, _day, _heavy])
def test_random_traffic_is_not_periodic(kind):
    """400 series a kind: at most 3 below alpha = 1e-3 (expected 0.4; P(more than 3) < 0.001)."""
    rng = random.Random(kind.__name__)
    found = 0
    for _ in range(400):
        if find_rhythm("h", series(kind(rng, rng.choice((10, 20, 40, 100, 300))))):
            found += 1
    assert found <= 3
