"""What the agent asks of a real device: network and power, each time and while an upload is under way."""

from __future__ import annotations

import errno
import random
import socket
import ssl
import sys
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optin_android import BATTERY, CONNECTIVITY, use_text

from optin.agent.android import (
    UseReading,
    parse_battery,
    parse_connectivity,
    parse_use,
)
from optin.agent.app_category import CATEGORY_OF
from optin.agent.device import (
    KeptConditions,
    LinuxDevice,
    ToldDevice,
    ask_command,
    parse_conditions,
)
from optin.agent.line import AbortedError, Endpoint, Line
from optin.agent.runner import Runner
from optin.agent.switch import Switch
from optin.cli.device_options import DeviceKind, NetworkKind, choose_device
from optin.protocol.exchange import Request


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


@given(
    st.text(alphabet='user=0 In-memory weekly stats package=com.strava totalTimeUsed="1:59"\n', max_size=400)
)
@settings(max_examples=60, deadline=None)
def test_no_text_upsets_the_readers(text):
    for reading in (parse_use(text, CATEGORY_OF.get, 1), parse_use(use_text({}) + text, CATEGORY_OF.get, 1)):
        assert reading is None or all(0 <= used <= 7 * 24 * 3600 for used in reading.categories.values())
    assert parse_connectivity(text) in ("wifi", "mobile", "other", "none")
    assert set(parse_conditions(text)) == {"network", "charging"}


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
    assert any(kept()["network"] == "mobile" for _ in range(100)), "asked beside, and soon told"


def test_a_device_that_does_not_answer_holds_nobody_up_and_then_counts_as_no_network():
    now, free = [0.0], threading.Event()

    class Slow:
        asked = 0

        def conditions(self):
            self.asked += 1
            if self.asked > 1:
                free.wait(60)
            return {"network": "wifi", "charging": "on"}

    device = Slow()
    kept = KeptConditions(device, lambda: now[0])
    assert kept()["network"] == "wifi"
    now[0] = 1.0
    assert kept()["network"] == "wifi", "for a moment the last answer stands"
    now[0] = 10.0
    assert kept() == {"network": "none", "charging": "off"}
    assert device.asked == 2, "one question at a time"
    free.set()
    assert any(kept()["network"] == "wifi" for _ in range(100))


@pytest.mark.parametrize("kind", [DeviceKind.ADB, DeviceKind.ANDROID, DeviceKind.AUTO])
def test_a_phone_is_asked_by_its_own_commands_or_through_the_cable(tmp_path, monkeypatch, kind):
    """A script stands for the phone: it answers the commands that a shell of Android knows."""
    answers = {
        "connectivity": CONNECTIVITY.format(active="101"),
        "battery": BATTERY.format(usb="true"),
        "usagestats": use_text({"com.chess": "10:00"}),
    }
    for name, text in answers.items():
        (tmp_path / name).write_text(text)
    dumpsys = f'#!/bin/sh\ncat "{tmp_path}/$1"\n'
    scripts = {"dumpsys": dumpsys, "settings": "#!/bin/sh\necho en-US,fr-FR\n"}
    if kind is DeviceKind.ADB:
        scripts["adb"] = '#!/bin/sh\ntest "$1" = shell && shift && exec "$@"\n'
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    device = choose_device(kind, NetworkKind.ASK, "", None, charging=None)
    assert device.conditions() == {"network": "mobile", "charging": "on"}
    assert device.use() == UseReading({"games": 600}, {}, 2)
    told = choose_device(kind, NetworkKind.WIFI, "", None, charging=False)
    assert told.conditions() == {"network": "wifi", "charging": "off"}


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
