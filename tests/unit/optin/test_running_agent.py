"""``optin phone run`` as a process: it counts, sends, obeys another process, tells its troubles, and ends when told."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from optin_cloud import free_port, serve, stop

from optin.agent.home import Home
from optin.agent.phone import Phone
from optin.agent.switch import Switch
from optin.cli import main
from optin.cloud.store import Store

USE = 'user=0\n  In-memory weekly stats\n    package=com.strava totalTimeUsed="{hours}:00:00"\n'


def until(question):
    """Ask until it is so; a process of its own needs a moment."""
    for _ in range(1200):
        if question():
            return
        time.sleep(0.05)
    raise AssertionError("it does not come to that")


class Running:
    """A phone in a folder, and its agent running."""

    def __init__(self, folder):
        self.folder, self.home = folder, Home(folder / "phone")
        self.said, self.state, self.use = folder / "said", folder / "state", folder / "use"
        self.state.write_text("network=wifi\ncharging=on\n")
        self.use.write_text(USE.format(hours=1))
        command = [sys.executable, "-m", "optin", "phone", "run", "--home", str(self.home.path)]
        command += [
            "--state-command",
            f"cat {self.state}",
            "--use",
            str(self.use),
            "--page",
            str(free_port()),
        ]
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                command, stdout=said, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
            )
        until(lambda: b"your page" in self.said.read_bytes())

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def cloud(tmp_path):
    state, port = tmp_path / "cloud", free_port()
    state.mkdir()
    made = {"state": state, "port": port, "running": serve(state, port)}
    yield made
    stop(made["running"])


@pytest.fixture
def running(tmp_path, cloud):
    home = Home(tmp_path / "phone")
    home.begin(cloud["state"] / "pairing.json", Phone("m", "1", "s"))
    made = Running(tmp_path)
    yield made
    made.process.kill()
    made.process.wait(30)


def test_it_counts_and_sends_once_agreed_and_ends_when_told(running, cloud):
    page = re.search(rb"http://\S+", running.said.read_bytes())[0].decode()
    assert "What leaves this phone" in urllib.request.urlopen(page).read().decode()
    agent = running.home.agent()
    assert agent.chest.use() is None, "nothing is counted yet"
    photo = running.folder / "photos/one.jpg"
    photo.parent.mkdir()
    photo.write_bytes(b"one" * 9000)
    agent.agree(Switch.BACKUP_PHOTOS, datetime.now(UTC))
    agent.agree(Switch.PREFERENCES, datetime.now(UTC))
    assert main(["phone", "offer", "--photos", str(photo.parent), "--home", str(running.home.path)]) == 0
    until(lambda: agent.chest.item_versions("photo", "one.jpg"))
    until(lambda: agent.chest.use() is not None)

    before = datetime.now(UTC) - timedelta(days=8)
    running.use.write_text(USE.format(hours=3))
    agent.chest.keep_use({**agent.chest.use(), "from": before.isoformat(), "looked": before.isoformat()})
    until(lambda: agent.chest.use()["days"].get(str(datetime.now(UTC).date()), {}).get("sports") == 7200)

    running.state.write_text("network=mobile\ncharging=on\n")
    assert main(["phone", "off", "preferences", "--home", str(running.home.path)]) == 0
    assert agent.chest.use() is None
    assert running.end() == 0
    assert agent.chest.use() is None, "nor does the running agent count on"
    assert b"Traceback" not in running.said.read_bytes()
    kept = Store(f"sqlite:///{cloud['state'] / 'cloud.sqlite'}")
    assert kept.counts()["chunks"] >= 2
    kept.close()


def test_its_troubles_are_told_once_and_it_goes_on_when_they_are_over(running, cloud):
    stop(cloud["running"])
    agent = running.home.agent()
    agent.agree(Switch.DIAGNOSTICS, datetime.now(UTC))
    assert agent.report_diagnostics({"battery_cycles": 3})
    until(lambda: b"optin: the cloud cannot be reached" in running.said.read_bytes())
    assert running.process.poll() is None
    cloud["running"] = serve(cloud["state"], cloud["port"])
    until(lambda: agent.chest.report() is None)
    assert running.said.read_bytes().count(b"cannot be reached") == 1
    assert running.end() == 0


def test_killed_while_it_backs_up_it_goes_on_and_each_death_sends_at_most_one_chunk_again(cloud, tmp_path):
    """SIGKILL to the agent's process, as soon as the cloud holds one chunk more; then once to the end."""
    home, photos = tmp_path / "phone", tmp_path / "photos"
    photos.mkdir()
    content = random.Random(3).randbytes(5_000_000)
    (photos / "big.jpg").write_bytes(content)
    own = ["--home", str(home)]
    assert main(["phone", "pair", str(cloud["state"] / "pairing.json"), *own]) == 0
    assert main(["phone", "on", "backup_photos", *own]) == 0
    assert main(["phone", "offer", "--photos", str(photos), *own]) == 0
    sync = [sys.executable, "-m", "optin", "phone", "sync", "--network", "wifi", *own]
    held = lambda: sum(1 for _ in (cloud["state"] / "chunks").rglob("*") if _.is_file())  # noqa: E731
    deaths = 0
    for more in (1, 2, 4):
        agent = subprocess.Popen(sync, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda more=more, agent=agent: held() >= more or agent.poll() is not None)
        agent.kill()
        deaths += agent.wait(30) == -signal.SIGKILL
    assert deaths >= 1
    assert main(["phone", "sync", "--network", "wifi", *own]) == 0
    assert held() == 6, "five chunks and the manifest"
    lines = [json.loads(line) for line in (cloud["state"] / "journal").read_text().splitlines()]
    payload = [line for line in lines if line["method"] in ("POST", "PATCH")]
    assert len(payload) <= 6 + deaths
    assert main(["phone", "restore", str(tmp_path / "back"), *own]) == 0
    assert (tmp_path / "back/photo/big.jpg").read_bytes() == content
    assert main(["phone", "check-log", "--offline", *own]) == 0
    assert main(["phone", "offer", "--photos", str(photos), *own]) == 0
    before = len((cloud["state"] / "journal").read_text())
    assert main(["phone", "sync", "--network", "wifi", *own]) == 0
    assert len((cloud["state"] / "journal").read_text()) == before, "a second backup sends nothing at all"
