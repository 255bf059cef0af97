"""What the agent asks of a real device: network and power each time, use only once the owner agreed."""

from __future__ import annotations

import errno
import random
import socket
import ssl
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optin.agent.android import (
    MOST_LINES,
    UseReading,
    parse_battery,
    parse_connectivity,
    parse_locales,
    parse_use,
)
from optin.agent.app_category import CATEGORY_OF, load_categories
from optin.agent.device import (
    AndroidDevice,
    KeptConditions,
    LinuxDevice,
    ToldDevice,
    ask_command,
    parse_conditions,
)
from optin.agent.line import AbortedError, Endpoint, Line
from optin.agent.runner import Runner
from optin.agent.switch import Switch
from optin.agent.use_counter import UseCounter
from optin.protocol.exchange import Request
from optin.protocol.preference import CATEGORIES

CONNECTIVITY = """NetworkProviders for:

Active default network: {active}

Current network preferences:
Current Networks:
  NetworkAgentInfo{{network{{101}}  handle{{437934}}  ni{{MOBILE[LTE] CONNECTED extra: internet}} Score(60)
    nc{{[ Transports: CELLULAR Capabilities: INTERNET&NOT_RESTRICTED LinkUpBandwidth>=15000Kbps ]}}}}
  NetworkAgentInfo{{network{{102}}  handle{{442229}}  ni{{WIFI CONNECTED extra: }} Score(60)
    nc{{[ Transports: WIFI Capabilities: NOT_METERED&INTERNET&NOT_VPN&VALIDATED ]}}}}
  NetworkAgentInfo{{network{{103}}  handle{{446524}}  ni{{VPN CONNECTED extra: }} Score(70)
    nc{{[ Transports: CELLULAR|VPN Capabilities: INTERNET ]}}}}
  NetworkAgentInfo [WIFI () - 7]  ni{{[type: WIFI[], state: CONNECTED/CONNECTED]}}
    nc{{[ Transports: WIFI Capabilities: INTERNET ]}}}}
"""
BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: {usb}
  Wireless powered: false
  status: 2
  level: 71
"""


def use_text(used, events=(), weekly="In-memory weekly stats", attribute="totalTimeUsed"):
    packages = "\n".join(
        f'      package={name} {attribute}="{time}" lastTimeUsed="2026-11-24 22:10:00" appLaunchCount=3'
        for name, time in used.items()
    )
    told = "\n".join(
        f'    time="{time}" type={kind} package=com.spotify.music class=x.Main flags=0x0 '
        for time, kind in events
    )
    return f"""user=0
  Last 24 hour events (timeRange="11/24/2026, 14:00 – 11/25/2026, 14:00"
{told}
  In-memory daily stats
    timeRange="11/25/2026, 00:00 – 14:00"
    packages
      package=com.spotify.music totalTimeUsed="9:59:59" lastTimeUsed="2026-11-24 22:10:00"
  {weekly}
    timeRange="11/23/2026, 02:00 – 11/25/2026, 14:00"
    packages
{packages}
    configurations
  In-memory monthly stats
    timeRange="11/1/2026, 02:00 – 11/25/2026, 14:00"
    packages
      package=com.spotify.music totalTimeUsed="99:59:59"
user=10
  In-memory weekly stats
    packages
      package=com.spotify.music totalTimeUsed="77:00:00"
"""


@pytest.mark.parametrize(
    ("active", "network"),
    [
        ("102", "wifi"),
        ("101", "mobile"),
        ("103", "mobile"),
        ("7", "wifi"),
        ("none", "none"),
        ("999", "other"),
    ],
)
def test_the_default_network_counts_and_no_other(active, network):
    assert parse_connectivity(CONNECTIVITY.format(active=active)) == network


@pytest.mark.parametrize("text", ["", "Permission Denial: can't dump", "Active default network: "])
def test_where_nothing_is_said_there_is_no_network_and_no_charger(text):
    assert parse_connectivity(text) == "none"
    assert parse_battery(text) == "off"


def test_a_phone_at_a_cable_charges():
    assert parse_battery(BATTERY.format(usb="true")) == "on"
    assert parse_battery(BATTERY.format(usb="false")) == "off"


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


@given(
    st.text(alphabet='user=0 In-memory weekly stats package=com.strava totalTimeUsed="1:59"\n', max_size=400)
)
@settings(max_examples=60, deadline=None)
def test_no_text_upsets_the_readers(text):
    for reading in (parse_use(text, CATEGORY_OF.get, 1), parse_use(use_text({}) + text, CATEGORY_OF.get, 1)):
        assert reading is None or all(0 <= used <= 7 * 24 * 3600 for used in reading.categories.values())
    assert parse_connectivity(text) in ("wifi", "mobile", "other", "none")
    assert set(parse_conditions(text)) == {"network", "charging"}


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


class Phone:
    """Answers commands, and remembers which were asked."""

    def __init__(self, **used):
        self.used, self.asked, self.events = used, [], []

    def __call__(self, command):
        self.asked.append(command)
        return {
            "dumpsys connectivity": CONNECTIVITY.format(active="102"),
            "dumpsys battery": BATTERY.format(usb="true"),
            "settings get system system_locales": "en-US,fr-FR",
            "dumpsys usagestats": use_text(self.used, self.events),
        }[command]


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


def make_linux(root, *, wireless, route=True, up="up", supplies=()):
    place = root / "sys/class/net/wlan0"
    place.mkdir(parents=True)
    (place / "operstate").write_text(f"{up}\n")
    if wireless:
        (place / "wireless").mkdir()
    (root / "proc/net").mkdir(parents=True)
    head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    row = "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
    (root / "proc/net/route").write_text(head + row * route)
    for number, (kind, online) in enumerate(supplies):
        supply = root / f"sys/class/power_supply/s{number}"
        supply.mkdir(parents=True)
        (supply / "type").write_text(f"{kind}\n")
        if online is not None:
            (supply / "online").write_text(f"{online}\n")
    return LinuxDevice(root)


@pytest.mark.parametrize(
    ("how", "network", "charging"),
    [
        ({"wireless": True, "supplies": [("Battery", None), ("Mains", 0)]}, "wifi", "off"),
        ({"wireless": True, "supplies": [("Battery", None), ("USB", 1)]}, "wifi", "on"),
        ({"wireless": False}, "other", "on"),
        ({"wireless": True, "route": False}, "none", "on"),
        ({"wireless": True, "up": "down"}, "none", "on"),
    ],
)
def test_linux_says_its_network_and_power(tmp_path, how, network, charging):
    device = make_linux(tmp_path, **how)
    assert device.conditions() == {"network": network, "charging": charging}
    assert device.use() is None


def test_what_the_owner_knows_better_stands(tmp_path):
    device = make_linux(tmp_path, wireless=False)
    assert ToldDevice(device, lambda: {"network": "wifi"}).conditions() == {
        "network": "wifi",
        "charging": "on",
    }
    (tmp_path / "use").write_text(use_text({"com.chess": "10:00"}))
    assert ToldDevice(device, dict, tmp_path / "use").use().categories == {"games": 600}


def test_a_command_that_fails_or_talks_too_much_says_nothing(monkeypatch):
    assert ask_command("no-such-program-anywhere") is None
    assert ask_command(f"{sys.executable} -c 'raise SystemExit(1)'") is None
    assert ask_command(f"{sys.executable} -c 'print(1)'") == "1\n"
    monkeypatch.setattr("optin.agent.device.LONGEST_ANSWER", 100)
    assert ask_command(f"{sys.executable} -c 'print(\"x\" * 100000)'") is None
    assert parse_conditions(ask_command("no-such-program") or "") == {"network": "none", "charging": "off"}


def test_an_answer_stands_for_half_a_second_and_no_longer():
    now, network = [0.0], ["wifi"]
    kept = KeptConditions(
        ToldDevice(LinuxDevice(), lambda: {"network": network[0], "charging": "on"}), lambda: now[0]
    )
    assert kept()["network"] == "wifi"
    network[0] = "mobile"
    assert kept()["network"] == "wifi"
    now[0] = 0.6
    assert kept()["network"] == "mobile"


def test_a_network_that_goes_away_is_a_lost_connection_and_not_the_agent_s_end(monkeypatch, life, tmp_path):
    class Gone:
        """A socket whose route the system just took away."""

        def send(self, _):
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    from optin.cloud.state_folder import StateFolder

    StateFolder(tmp_path).make_certificate("localhost")
    line = Line(Endpoint("127.0.0.1", 1, tmp_path / "certificate.pem"))
    monkeypatch.setattr(line, "_connected", lambda _: Gone())
    runner = Runner(life.agent, line, lambda: {"network": "wifi"}, lambda _: None)
    life.agent.agree(Switch.UPDATES, datetime.now(UTC))
    assert runner.settle() == 0
    assert runner.trouble == "the connection was lost"


def test_wifi_lost_in_the_middle_of_an_upload_stops_it(life, tmp_path):
    """A real socket whose other side takes in nothing; what the state command says changes under way."""
    from optin.cloud.state_folder import StateFolder

    folder = StateFolder(tmp_path / "deaf")
    folder.keys()
    folder.make_certificate("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder.certificate, folder.private_key)
    said = tmp_path / "state"
    said.write_text("network=wifi\ncharging=on\n")
    device = ToldDevice(LinuxDevice(), lambda: parse_conditions(ask_command(f"cat {said}") or ""))
    conditions = KeptConditions(device)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        taken = []

        def take():
            taken.append(context.wrap_socket(deaf.accept()[0], server_side=True))
            said.write_text("network=mobile\ncharging=on\n")

        taker = threading.Thread(target=take)
        taker.start()
        now = datetime.now(UTC)
        record = life.agent.agree(Switch.BACKUP_PHOTOS, now)
        request = Request(
            "POST", "localhost", "/v1/chunks/" + "a" * 64, (), random.Random(1).randbytes(30_000_000)
        )
        upload = life.agent.gate.mark(request, record, Switch.BACKUP_PHOTOS, now)
        line = Line(Endpoint("127.0.0.1", deaf.getsockname()[1], folder.certificate))
        with pytest.raises(AbortedError, match="under way"):
            line.send(upload.request, lambda: life.agent.gate.holds(upload, datetime.now(UTC), conditions()))
        taker.join()
        taken[0].close()
