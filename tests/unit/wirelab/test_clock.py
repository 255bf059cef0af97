"""Virtual time."""

from datetime import UTC, datetime

import pytest

from wirelab.clock import Clock, nanoseconds, utc

START = datetime(2014, 7, 20, tzinfo=UTC)


def test_things_happen_in_order_of_time_then_of_asking() -> None:
    clock, done = Clock(START), []
    clock.after(2, lambda: done.append("late"))
    clock.after(1, lambda: done.append("first"))
    clock.after(1, lambda: done.append("second"))
    clock.run(nanoseconds(START) + 5_000_000_000)
    assert done == ["first", "second", "late"]
    assert clock.now == nanoseconds(START) + 5_000_000_000


def test_a_cancelled_thing_never_happens_and_nothing_after_the_end() -> None:
    clock, done = Clock(START), []
    clock.after(1, lambda: done.append("no")).cancel()
    clock.after(9, lambda: done.append("later"))
    clock.run(nanoseconds(START) + 5_000_000_000)
    assert done == []
    clock.run(nanoseconds(START) + 9_000_000_000)
    assert done == ["later"]


def test_a_rhythm_does_not_drift_and_ends_when_cancelled() -> None:
    clock, beats = Clock(START), []
    timer = clock.every(60, lambda: beats.append(clock.now), jitter_s=5)
    clock.run(nanoseconds(START) + 3_600_000_000_000)
    assert len(beats) in {59, 60}
    off = [beat - nanoseconds(START) - (n + 1) * 60_000_000_000 for n, beat in enumerate(beats)]
    assert all(abs(shift) <= 5_000_000_000 for shift in off)
    assert len(set(off)) > 1
    timer.cancel()
    clock.run(nanoseconds(START) + 7_200_000_000_000)
    assert len(beats) in {59, 60}


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        nanoseconds(datetime(2014, 7, 20))  # noqa: DTZ001


def test_moments_go_there_and_back() -> None:
    moment = datetime(2014, 7, 20, 8, 1, 2, 345678, tzinfo=UTC)
    assert utc(nanoseconds(moment)) == moment


def test_a_rhythm_that_began_in_the_past_does_not_catch_up() -> None:
    clock, beats = Clock(START), []
    clock.run(nanoseconds(START) + 3_600_000_000_000)
    clock.every(1000, lambda: beats.append(clock.now - nanoseconds(START)), start=START)
    clock.run(nanoseconds(START) + 6_000_000_000_000)
    assert beats == [4_000_000_000_000, 5_000_000_000_000, 6_000_000_000_000]
