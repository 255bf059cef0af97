"""Plans and canaries: made anew from the seed, balanced, of the sizes they say, and no two alike."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from wirewitness.judge.canaries import code_of, contact_card, message_text, photo_bytes
from wirewitness.judge.trial_evidence import LEAST_E
from wirewitness.judge.trial_plan import (
    CODES,
    LEAST_PAIRS,
    PAIRED_CODES,
    Schedule,
    Wanted,
    days_of,
    make_trials,
)
from wirewitness.judge.trial_power import landing_share, other_traffic, power_before
from wirewitness.judge.trial_statistics import Draw
from wirewitness.judge.trials_reader import read_trials
from wirewitness.model.errors import ArgumentError

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "trials.schema.json").read_text())
START = datetime(2014, 7, 21, 6, tzinfo=UTC)


def made(kind="photo", windows=20, schedule=None, seed="s"):
    return make_trials(
        Wanted(kind, ("C1",), windows), schedule or Schedule(START), seed, lambda *_: "ab" * 32
    )


@pytest.mark.parametrize("kind", CODES)
def test_what_is_planned_can_be_read_and_opened(kind, tmp_path):
    trials = made(kind)
    jsonschema.validate(trials, SCHEMA)
    path = tmp_path / "trials.json"
    path.write_text(json.dumps({**trials, "seed": "s"}))
    read = read_trials(path)
    assert (read.changed, read.opened) == (False, True)
    assert sorted(read.plan.series[0].codes) == sorted([*CODES[kind], *CODES[kind]])


def test_the_seed_stays_out_of_the_file_and_decides_all():
    assert '"s"' not in json.dumps(made())
    assert made() == made()
    assert made() != made(seed="t")


@pytest.mark.parametrize("windows", [0, 5, 10, 15, 25])
def test_windows_that_cannot_be_balanced_or_could_never_show_anything_are_refused(windows):
    with pytest.raises(ArgumentError, match="multiple of 10"):
        made(windows=windows)


def paired(windows):
    wanted = Wanted("photo", ("C1",), windows, (0,), "backup")
    return make_trials(wanted, Schedule(START), "s", lambda *_: "ab" * 32)


def test_a_paired_plan_turns_a_setting_in_drawn_order_and_plants_as_much_either_way(tmp_path):
    path = tmp_path / "trials.json"
    path.write_text(json.dumps({**paired(40), "seed": "s"}))
    read = read_trials(path)
    (series,) = read.plan.series
    assert (read.changed, series.design, series.id) == (False, "paired", "T-backup")
    blocks = [{w.arm for w in series.windows if w.block == n} for n in range(1, 21)]
    assert blocks == [{"off", "on"}] * 20
    assert len({tuple(w.arm for w in series.windows if w.block == n) for n in range(1, 21)}) == 2
    sizes = {canary.id: canary.bytes for canary in read.plan.canaries}
    assert {sum(sizes[one] for one in window.canaries) for window in series.windows} == {
        PAIRED_CODES["photo"]
    }


@pytest.mark.parametrize("windows", [2, 20, 26, 29])
def test_pairs_too_few_to_ever_show_anything_are_refused(windows):
    with pytest.raises(ArgumentError, match="could never show anything"):
        paired(windows)


def test_the_fewest_pairs_are_those_whose_clearest_result_can_pass():
    def clearest(pairs):
        blocks = [n // 2 for n in range(2 * pairs)]
        return Draw.of([0, 1] * pairs, blocks, [0, 1]).largest_e_value

    assert clearest(LEAST_PAIRS - 1) < LEAST_E <= clearest(LEAST_PAIRS)


def test_windows_lie_in_the_hours_that_were_given_and_nights_take_nights():
    starts = Schedule(START, hours=(22, 6)).starts(10)
    assert {moment.hour for moment in starts} <= {22, 0, 2, 4}
    assert days_of(Schedule(START, nights=True).starts(20)) == 20
    with pytest.raises(ArgumentError, match="no window fits"):
        Schedule(START, window_min=120, hours=(8, 9)).starts(10)


def test_no_window_overlaps_another():
    with pytest.raises(ArgumentError, match="overlap"):
        Schedule(START, window_min=60, every_min=30).starts(2)


@pytest.mark.parametrize("size", [20_000, 131_072, 370_727])
def test_a_photo_has_its_size_and_carries_its_code(size):
    from PIL import Image

    data = photo_bytes("s", "canary-1", size)
    assert len(data) == size
    image = Image.open(io.BytesIO(data))
    image.load()
    assert image.getexif()[0x010E] == f"canary {code_of('s', 'canary-1')}"
    assert data == photo_bytes("s", "canary-1", size)
    assert data != photo_bytes("s", "canary-2", size)


def test_messages_and_contacts_are_nobody_elses():
    texts = {message_text("s", f"m{n}", 600) for n in range(100)}
    assert len(texts) == 100
    assert {len(text) for text in texts} == {600}
    assert code_of("s", "m1") in message_text("s", "m1", 600)
    assert code_of("s", "c1") in contact_card("s", "c1")
    assert len(code_of("s", "c1")) * 5 >= 64
    assert len(contact_card("s", "c1", 4_000).encode()) == 4_000
    assert len(contact_card("s", "c1").encode()) < 300


def test_a_phone_that_uploads_all_at_once_is_found_as_surely_as_one_that_misses_some():
    """Small things in nearly every window: what leaves anyway must not be taken from them."""
    quiet = other_traffic(0)
    at_once, late = (
        power_before(CODES["contact"], 2, landing=landing, noise=quiet, repeats=20, shuffles=1_999)
        for landing in (1.0, 0.7)
    )
    assert at_once >= 0.95
    assert at_once >= late


@pytest.mark.parametrize(
    ("window_s", "lags_s", "delay_s", "share"),
    [
        (1800, (0, 3600), 0, 1.0),
        (1800, (0,), 600, 0.95),
        (1800, (0, 3600), 3600, 0.39),
        (1800, (3600,), 0, 0.0),
    ],
)
def test_the_share_of_uploads_that_fall_in_their_window(window_s, lags_s, delay_s, share):
    assert landing_share(window_s, lags_s, delay_s) == pytest.approx(share, abs=0.005)
