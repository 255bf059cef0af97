"""What the owner uses is counted only once agreed, only what is new, and without a name of an app."""

from __future__ import annotations

from datetime import timedelta

import pytest
from optin_android import Phone, use_text

from optin.agent.android import (
    MOST_LINES,
    UseReading,
    parse_locales,
    parse_use,
)
from optin.agent.app_category import CATEGORY_OF, load_categories
from optin.agent.device import (
    AndroidDevice,
)
from optin.agent.switch import Switch
from optin.agent.use_counter import UseCounter
from optin.protocol.preference import CATEGORIES


@pytest.mark.parametrize(
    ("text", "count"),
    [("en-US,fr-FR,zh-Hans-CN\n", 3), ("fr-FR,fr-CA", 1), ("null", 0), ("", 0), ("e n,?", 0)],
)
def test_languages_are_counted_and_not_told(text, count):
    assert parse_locales(text) == count


@pytest.mark.parametrize(("time", "seconds"), [("1:02:03", 3723), ("10:33", 633), ("00:00", 0)])
@pytest.mark.parametrize("attribute", ["totalTimeUsed", "totalTime"])
def test_the_week_of_the_first_user_is_read_by_category(time, seconds, attribute):
    text = use_text({"com.spotify.music": time, "com.nobody.knows": "5:00:00"}, attribute=attribute)
    assert parse_use(text, CATEGORY_OF.get, 2) == UseReading({"music": seconds}, {}, 2)


def test_milliseconds_are_read_as_well():
    text = "user=0\n  In-memory weekly stats\n      package=com.strava totalTimeUsed=4805000 lastTimeUsed=1\n"
    assert parse_use(text, CATEGORY_OF.get, 0).categories == {"sports": 4805}


def test_use_at_night_is_what_lies_between_23_and_5():
    events = [
        ("2026-11-24 22:50:00", "ACTIVITY_RESUMED"),
        ("2026-11-24 23:30:00", "ACTIVITY_PAUSED"),
        ("2026-11-25 01:00:00", "MOVE_TO_FOREGROUND"),
        ("2026-11-25 01:20:00", "ACTIVITY_RESUMED"),
        ("2026-11-25 01:30:00", "SCREEN_NON_INTERACTIVE"),
        ("2026-11-25 04:55:00", "ACTIVITY_RESUMED"),
        ("2026-11-25 05:30:00", "ACTIVITY_STOPPED"),
        ("2026-11-25 12:00:00", "ACTIVITY_RESUMED"),
    ]
    assert parse_use(use_text({}, events), CATEGORY_OF.get, 1).nights == {"2026-11-24": (30 + 30 + 5) * 60}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Permission Denial: can't dump UsageStats from pid=1",
        'user=0\n  In-memory daily stats\n      package=com.strava totalTimeUsed="1:00:00"\n',
        "x" * 5_000_000,
    ],
)
def test_what_is_no_such_list_counts_nothing(text):
    assert parse_use(text, CATEGORY_OF.get, 1) is None


def test_odd_values_are_bounded():
    odd = {"com.strava": "999999999:99", "com.booking": "::", "com.chess": "-1:00", "../../etc": "1:00"}
    reading = parse_use(use_text(odd), CATEGORY_OF.get, 1)
    assert reading.categories == {"sports": 7 * 24 * 3600, "travel": 0}
    events = [("2026-99-99 23:10:00", "ACTIVITY_RESUMED"), ("2026-11-20 23:10:00", "ACTIVITY_RESUMED")]
    events += [("2026-11-24 23:10:00", "ACTIVITY_PAUSED")]
    assert parse_use(use_text({}, events), CATEGORY_OF.get, 1).nights == {}, (
        "nobody uses a phone for four days"
    )
    long = use_text({"com.strava": "10:00"}) + "\n" * MOST_LINES + use_text({"com.strava": "10:00"})
    assert parse_use(long, CATEGORY_OF.get, 1).categories == {"sports": 600}


def test_every_category_has_apps_and_a_reason():
    assert set(CATEGORY_OF.values()) == set(CATEGORIES)
    for bad in (
        '[[category]]\nname = "games"\npackages = ["a"]',
        '[[category]]\nname = "gambling"\nreason = "r"\npackages = ["a"]',
        "\n".join(
            f'[[category]]\nname = "{name}"\nreason = "r"\npackages = ["a"]' for name in ("games", "music")
        ),
    ):
        with pytest.raises(ValueError, match=r"lacks|two categories"):
            load_categories(bad)


def test_nothing_is_counted_until_the_owner_activates_it_and_then_only_what_is_new(life):
    asked = Phone(**{"com.spotify.music": "5:00:00"})
    device = AndroidDevice(asked)
    counter = UseCounter(life.agent, device.use)
    assert device.conditions() == {"network": "wifi", "charging": "on"}
    assert counter.so_far(life.now) is None
    assert "dumpsys usagestats" not in asked.asked, "not even asked"

    life.agent.agree(Switch.PREFERENCES, life.now)
    assert counter.so_far(life.now) == counter.so_far(life.now) == {"several_languages": 2}
    assert asked.asked.count("dumpsys usagestats") == 1, "once an hour"
    life.now += timedelta(hours=2)
    asked.used = {"com.spotify.music": "5:40:00", "com.chess": "10:00"}
    assert counter.so_far(life.now) == {
        **dict.fromkeys(CATEGORIES, 0),
        "music": 40,
        "games": 10,
        "several_languages": 2,
    }
    life.now += timedelta(hours=2)
    asked.used = {"com.spotify.music": "12:00"}
    assert counter.so_far(life.now)["music"] == 52, "the system's own week began anew"
    assert b"spotify" not in life.storage.get("use"), "no name of an app is kept"

    life.now += timedelta(days=7)
    assert counter.so_far(life.now)["music"] == 0, "seven days are counted, no more"
    life.agent.revoke(Switch.PREFERENCES, life.now)
    assert life.storage.get("use") is None
    assert counter.so_far(life.now) is None


def test_a_look_that_was_under_way_when_the_owner_took_it_back_leaves_nothing(life):
    asked = Phone(**{"com.chess": "1:00:00"})

    def read():
        life.agent.revoke(Switch.PREFERENCES, life.now)
        return AndroidDevice(asked).use()

    life.agent.agree(Switch.PREFERENCES, life.now)
    counter = UseCounter(life.agent, read)
    counter.so_far(life.now)
    assert counter.so_far(life.now) is None
    assert life.storage.get("use") is None


def test_a_device_that_says_nothing_is_not_asked_again_at_once(life):
    asked = []
    counter = UseCounter(life.agent, lambda: asked.append(life.now))
    life.agent.agree(Switch.PREFERENCES, life.now)
    for _ in range(5):
        assert counter.counts(life.now) is None
        life.now += timedelta(minutes=10)
    assert len(asked) == 1
    life.now += timedelta(minutes=10)
    counter.counts(life.now)
    assert len(asked) == 2


def test_a_night_is_counted_once_however_often_it_is_seen(life):
    asked = Phone()
    counter = UseCounter(life.agent, AndroidDevice(asked).use)
    life.agent.agree(Switch.PREFERENCES, life.now)
    counter.so_far(life.now)
    asked.events = [("2014-07-20 23:10:00", "ACTIVITY_RESUMED"), ("2014-07-21 00:10:00", "ACTIVITY_PAUSED")]
    for _ in range(5):
        life.now += timedelta(hours=1)
        assert counter.so_far(life.now)["night_use"] == 60


def test_a_clock_set_back_stops_no_counting(life):
    asked = Phone()
    counter = UseCounter(life.agent, AndroidDevice(asked).use)
    life.agent.agree(Switch.PREFERENCES, life.now)
    counter.so_far(life.now)
    asked.used = {"com.chess": "30:00"}
    assert counter.so_far(life.now - timedelta(days=30))["games"] == 30


def test_counts_of_a_real_phone_become_the_report_s_bits(life):
    """Over many phones, so that the noise leaves the share to be seen."""
    from optin.agent.preferences import compute_report

    asked = Phone()
    counter = UseCounter(life.agent, AndroidDevice(asked).use)
    life.agent.agree(Switch.PREFERENCES, life.now)
    counter.so_far(life.now)
    asked.used = {"com.chess": "1:30:00", "com.booking": "20:00"}
    life.now += timedelta(days=6)
    assert counter.so_far(life.now)["games"] == 90
    assert counter.counts(life.now) is None, "a report is about a whole week"
    asked.used = {"com.chess": "1:40:00", "com.booking": "20:00"}
    life.now += timedelta(days=1)
    counts = counter.counts(life.now)
    report = compute_report(counts, "m", life.now, lambda bit, _: bit)
    assert {name for name, bit in report.answers.items() if bit} == {"games", "several_languages"}
    assert life.pass_time(30, minutes=None) == [], "a phone that counts nothing reports nothing"
    assert "/v1/preferences" in {request.path for request in life.pass_time(30, minutes=counts)}
