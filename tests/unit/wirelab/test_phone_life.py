"""The phone's own life: it dozes, wakes for many things at once, and steps out of the Wi-Fi's reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wirelab.behaviour.everyday import everyday
from wirelab.behaviour.weather import WEATHER_HOST
from wirelab.play import play
from wirelab.sight import SIGHTS
from wirelab.world import find_world

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """(stage after two days of nothing but everyday life, moments at which background work ran)."""
    kept = []
    ran = []

    def live(stage):
        kept.append(stage)
        everyday(stage)
        stage.every(
            600,
            lambda: stage.doze.soon(lambda: ran.append(stage.lab.clock.now)),
            start=stage.day(0, "00:05"),
            name="x",
        )

    world = replace(find_world("as_explained"), play=live, days=2)
    play(world, 5, tmp_path_factory.mktemp("life") / "played", SIGHTS["keys"])
    return kept[0], ran


def state_at(stage, time_ns):
    return stage.diary.at(time_ns)


def test_while_it_sleeps_background_work_waits_and_goes_at_once(life):
    stage, ran = life
    together = {time for time in ran if ran.count(time) > 1}
    assert together, "nothing was ever batched"
    for time in together:
        woken = any(
            state_at(stage, time)[key] == "on" != state_at(stage, time - 1)[key]
            for key in ("screen", "charging")
        )
        assert woken or time % 1_800_000_000_000 == 0
    # Nothing is lost, and what runs awake is not held back.
    assert len(ran) >= 2 * 24 * 6 - 4
    assert any(state_at(stage, time)["screen"] == "on" and ran.count(time) == 1 for time in ran)


def test_steps_out_are_short_few_and_in_the_testers_log(life):
    stage, _ = life
    moves = [row for row in stage.diary.rows if row.key == "network"]
    assert [row.value for row in moves] == ["mobile", "wifi"] * (len(moves) // 2)
    assert 2 <= len(moves) // 2 <= 4
    for out, back in zip(moves[::2], moves[1::2], strict=True):
        assert 20 <= (back.time_ns - out.time_ns) / 1e9 < 60


def test_what_is_sent_while_out_is_not_in_the_home_recorders_capture(life):
    stage, _ = life
    out = [
        sent
        for sent in stage.sent
        if state_at(stage, sent.time_ns)["network"] == "mobile" and sent.protocol != "dns"
    ]
    assert not any(sent.captured for sent in out)
    assert any(sent.captured for sent in stage.sent if sent.host == WEATHER_HOST)
