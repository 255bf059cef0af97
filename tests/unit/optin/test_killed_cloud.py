"""The cloud is killed (SIGKILL, a real process) at each boundary of a chunk and in the middle: nothing is lost."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

import pytest
from optin_cloud import free_port, serve

from optin.agent.home import Home
from optin.agent.line import LineError
from optin.agent.log_check import ask_proof, check_logs
from optin.agent.phone import Phone
from optin.agent.restore import BackupReader
from optin.agent.switch import Switch

CONTENT = random.Random(8).randbytes(1_500_000)
PAYLOAD = ("POST", "PATCH")
"""A body goes out in slices of 128 KiB: before each the line asks whether it may go on, and here the cloud dies."""


class Trial:
    """A phone and a cloud that dies when told to; counts what was sent of each chunk."""

    def __init__(self, folder):
        self.state, self.port = folder / "cloud", free_port()
        self.state.mkdir()
        self.running = serve(self.state, self.port)
        self.home = Home(folder / "phone")
        self.home.begin(self.state / "pairing.json", Phone("m", "1", "s"))
        self.agent, self.line = self.home.agent(), self.home.line()
        self.sent, self.cuts = Counter(), 0

    def kill(self):
        self.running.kill()
        self.running.wait(20)
        self.cuts += 1

    def revive(self):
        self.line.close()
        self.running = serve(self.state, self.port)
        self.agent.backup.retry()

    def send(self, upload, die):
        """``die``: "slice N" (in the body), "answer" (done, but the answer is lost), "after" (a boundary), or ""."""
        if upload.request.method in PAYLOAD and upload.chunks:
            self.sent[upload.request.path] += 1
        asked = 0

        def holds():
            nonlocal asked
            asked += 1
            if die == f"slice {asked}":
                self.kill()
            return True

        try:
            answer = self.line.send(upload.request, holds)
        except LineError:
            self.agent.failed(upload, datetime.now(UTC))
            self.revive()
            return False
        if die in ("answer", "after"):
            self.kill()
        if die == "answer":
            self.agent.failed(upload, datetime.now(UTC))
        else:
            self.agent.answered(upload, answer, datetime.now(UTC))
        if die:
            self.revive()
        return not die

    def turn(self, deaths):
        """Send what is due; the next death comes with the next payload (or registration), until there are none."""
        went_on = True
        while went_on:
            went_on = False
            for upload in self.agent.due(datetime.now(UTC), {"network": "wifi"}):
                carries = upload.request.method in (*PAYLOAD, "PUT")
                went_on = True
                if not self.send(upload, deaths.pop(0) if carries and deaths else ""):
                    break


@pytest.fixture
def trial(tmp_path):
    made = Trial(tmp_path)
    yield made
    made.line.close()
    made.running.kill()
    made.running.wait(20)


def test_killed_at_each_boundary_and_in_the_middle_nothing_is_lost_and_one_chunk_is_sent_again(trial):
    rng = random.Random(5)
    first, second = rng.randint(3, 10), rng.randint(3, 5)
    deaths = ["after"]  # the registration of the consent
    deaths += ["slice 1", f"slice {first}", "after"]  # the first chunk
    deaths += [f"slice {second}", "answer"]  # the second
    deaths += ["slice 3", "after"]  # the manifest
    cuts = len(deaths)
    trial.agent.agree(Switch.BACKUP_PHOTOS, datetime.now(UTC))
    trial.agent.offer("photo", "big.jpg", CONTENT)
    trial.turn(deaths)
    assert deaths == []
    assert trial.cuts == cuts
    assert len(trial.sent) == 3, "two chunks and the manifest"
    assert sum(trial.sent.values()) <= len(trial.sent) + cuts, "each cut sends at most one chunk again"
    assert max(trial.sent.values()) <= 4

    reader = BackupReader(
        trial.agent,
        trial.agent.cloud.backup,
        lambda request: trial.line.send(request, lambda: True),
        lambda: datetime.now(UTC),
    )
    assert [restored.content for restored in reader.items()] == [CONTENT]
    assert len(reader.names()) == 3, "no half chunk is left behind"
    before = sum(trial.sent.values())
    assert not trial.agent.offer("photo", "big.jpg", CONTENT)
    trial.turn([])
    assert sum(trial.sent.values()) == before, "a second backup of the same sends no payload"
    found = check_logs(trial.agent, lambda path: ask_proof(trial.agent.cloud.api, path, reader._send))
    assert found.receipts == 1, "the consent log outlived every death"
