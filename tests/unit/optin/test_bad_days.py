"""Bad days: a full disk, a clock set back, a locked database. Nothing is lost, and it is said clearly."""

from __future__ import annotations

import errno
import http.client
import json
import os
import random
import socket
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from optin_life import ADDRESS, API, WIFI, ask

from optin.agent.agent import Agent
from optin.agent.disk import DiskStorage
from optin.agent.line import Endpoint, Line
from optin.agent.log_check import check_logs
from optin.agent.page_server import PageServer
from optin.agent.phone import Phone
from optin.agent.restore import BackupReader
from optin.agent.runner import Runner
from optin.agent.storage import StorageError
from optin.agent.switch import Switch
from optin.cli import main
from optin.cloud.limits import RateLimit
from optin.cloud.objects import FolderObjects
from optin.cloud.state_folder import StateFolder
from optin.cloud.store import Store
from optin.protocol.exchange import Request


def held(life):
    return life.agent.chest.item_versions("photo", "a.jpg")


def begin(life):
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "a.jpg", b"one")


def test_a_full_disk_at_the_cloud_is_a_507_and_the_photo_waits(life, tmp_path, monkeypatch):
    life.cloud.store.objects = FolderObjects(tmp_path)
    begin(life)

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        life.pass_time(1)
    assert 507 in {answer.status for answer in life.answers}
    assert not held(life)
    life.pass_time(2)
    assert held(life)


def test_with_a_clock_that_was_set_back_nothing_is_taken_and_nothing_is_lost(life):
    begin(life)
    true_time = life.now
    life.cloud.clock = lambda: true_time + timedelta(hours=5)
    life.pass_time(0.5)
    assert {answer.status for answer in life.answers} <= {201, 403}
    assert not held(life)
    life.cloud.clock = lambda: life.now
    life.pass_time(3)
    assert held(life)


def test_an_agreement_given_while_the_clock_went_ahead_is_made_out_anew(life):
    """The phone thought that it was 2036; then its clock was put right."""
    right = life.now
    life.now = right + timedelta(days=8000)
    begin(life)
    assert list(life.agent.due(life.now, {"network": "mobile"})) == []
    life.now = right
    life.pass_time(1)
    assert held(life)
    assert all(record.record.consent.start <= life.now for record in life.cloud.store.consents())
    check_logs(life.agent)


def test_a_clock_that_was_set_back_after_the_agreement_is_told_and_nothing_leaves(life, tmp_path):
    begin(life)
    life.pass_time(0.2)
    StateFolder(tmp_path).make_certificate("localhost")
    line = Line(Endpoint("127.0.0.1", 1, tmp_path / "certificate.pem"))
    ahead = datetime.now(UTC) + timedelta(days=2)
    record = life.agent.agree(Switch.BACKUP_CONTACTS, ahead)
    life.agent.chest.keep_receipt(record.id, b"{}")
    life.agent.offer("contact", "c", b"card")
    life.agent.revoke(Switch.BACKUP_PHOTOS, life.now)
    runner = Runner(life.agent, line, lambda: WIFI, lambda _: None)
    assert runner.settle() == 0
    assert runner.trouble == "this phone's clock is before the moment at which you agreed; set it right"
    assert life.agent.chest.waits() == 1, "and nothing is lost"


class ToCloud:
    """A line that always gets through."""

    def __init__(self, life):
        self._life = life

    def send(self, request, holds):
        assert holds()
        return ask(self._life.cloud, request)


def test_killed_when_the_cloud_had_the_last_chunk_the_next_sync_sends_the_manifest_too(life):
    begin(life)
    life.cloud.clock = lambda: datetime.now(UTC)
    for _registration_then_chunk in range(2):
        for upload in list(life.agent.due(datetime.now(UTC), WIFI)):
            life.deliver(upload)
    # Here the agent's process ends: it knows that the cloud has the chunk, and did nothing about it yet.
    assert not held(life)
    runner = Runner(life.agent, ToCloud(life), lambda: WIFI, lambda _: None)
    assert runner.settle() == 1, "the manifest"
    assert (life.agent.chest.waits(), runner.trouble) == (0, "")


def test_a_rest_does_not_outlast_a_clock_that_is_set_back(life):
    begin(life)
    (registration,) = life.agent.due(life.now, WIFI)
    life.agent.failed(registration, life.now + timedelta(days=400))
    life.pass_time(1)
    assert held(life)


def test_a_locked_database_is_a_503_and_the_phone_tries_again(life, tmp_path):
    file = tmp_path / "cloud.sqlite"
    life.cloud.store = Store(f"sqlite:///{file}")
    with life.cloud.store.transaction() as connection:
        connection.exec_driver_sql("SELECT 1")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    begin(life)
    (registration,) = life.agent.due(life.now, WIFI)
    assert life.deliver(registration).status == 503
    other.execute("ROLLBACK")
    other.close()
    life.pass_time(2)
    assert held(life)
    life.cloud.store.close()


def test_a_chunk_whose_key_a_power_cut_took_is_exchanged_and_not_sent_for_ever(life):
    """The cloud has the chunk whole; the phone's last writes were lost, and with them its key."""
    begin(life)
    life.pass_time(0.5)
    (name,) = [key.name for key in life.agent.chest.chunks() if key.item == "a.jpg"]
    for lost in (f"chunk/{name}", f"held/{name}", "done/photo/a.jpg"):
        life.storage.delete(lost)
    assert life.agent.offer("photo", "a.jpg", b"one")
    sent = life.pass_time(3)
    about = [request.method for request in sent if request.path.endswith(name)]
    assert about == ["POST", "DELETE", "POST"], "refused, taken away, sent"
    reader = BackupReader(life.agent, ADDRESS.backup, lambda r: ask(life.cloud, r), lambda: life.now)
    assert [restored.content for restored in reader.items()] == [b"one"]


def test_a_cloud_that_dies_between_the_bytes_and_their_offset_loses_nothing(life, tmp_path):
    class Dies(FolderObjects):
        deaths = 2

        def write(self, *arguments):
            super().write(*arguments)
            if self.deaths:
                self.deaths -= 1
                raise SystemExit("killed")

    life.cloud.store.objects = Dies(tmp_path)
    content = random.Random(4).randbytes(1_500_000)
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "a.jpg", content)
    for _ in range(8):
        for upload in life.agent.due(life.now, WIFI):
            try:
                life.deliver(upload)
            except SystemExit:
                life.agent.failed(upload, life.now)
        life.now += timedelta(hours=1)
    assert life.cloud.store.objects.deaths == 0
    reader = BackupReader(life.agent, ADDRESS.backup, lambda r: ask(life.cloud, r), lambda: life.now)
    assert [restored.content for restored in reader.items()] == [content]


def test_who_asks_too_often_waits_and_nobody_else_does():
    limit = RateLimit(rate=1, burst=3)
    assert [limit.admits("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limit.admits("b", 0.0)
    assert limit.admits("a", 1.0)


@pytest.mark.parametrize(
    "path", ["/v1/tuf/metadata/..", "/v1/tuf/targets/../../secret.key", "/v1/tuf/keys/x"]
)
def test_no_path_leads_out_of_the_repository(life, tmp_path, path):
    life.cloud.repository = tmp_path
    (tmp_path / "secret.key").write_bytes(b"secret")
    assert ask(life.cloud, Request("GET", API, path)).status == 404


def damaged(path):
    path.write_bytes(b"no database at all, " * 400)


def full(storage):
    """SQLite's own word for a full disk: the file may not grow any more."""
    pages = storage._ask("PRAGMA page_count")[0][0]
    storage._ask(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_on_the_phone_is_one_sentence_and_what_was_held_is_held(tmp_path):
    storage = DiskStorage(tmp_path / "agent.sqlite")
    storage.put("switch/updates", b"consent-1")
    full(storage)
    with pytest.raises(StorageError, match="the disk is full; nothing was lost"):
        storage.put("queue/photo/a.jpg", bytes(900_000))
    assert storage.get("switch/updates") == b"consent-1"
    assert storage.get("queue/photo/a.jpg") is None, "no half of it either"
    storage._ask("PRAGMA max_page_count = 1000000")
    storage.put("queue/photo/a.jpg", bytes(900_000))


def test_a_memory_that_another_process_holds_is_one_sentence_and_then_goes_on(tmp_path):
    storage = DiskStorage(tmp_path / "agent.sqlite", patience_s=0)
    other = sqlite3.connect(tmp_path / "agent.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="another process holds it; nothing was changed"):
        storage.put("a", b"b")
    other.execute("ROLLBACK")
    other.close()
    storage.put("a", b"b")
    assert storage.get("a") == b"b"


def test_a_damaged_memory_is_one_sentence_at_the_command_line(tmp_path, capsys):
    folder = tmp_path / "cloud"
    state = StateFolder(folder)
    state.keys()
    state.make_certificate("localhost")
    state.write_pairing("localhost", 1)
    home = ["--home", str(tmp_path / "phone")]
    assert main(["phone", "pair", str(state.pairing), *home]) == 0
    damaged(tmp_path / "phone/agent.sqlite")
    capsys.readouterr()
    assert main(["phone", "status", *home]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert "the file is damaged; a new agent with the recovery phrase gets the backup back" in told


def test_a_port_that_another_program_has_is_told_with_what_to_do(tmp_path):
    storage = DiskStorage(tmp_path / "agent.sqlite")
    agent = Agent(Phone("m", "1", "s"), ADDRESS, storage, random.Random(1).randbytes)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot use port {port} .* say another with --page"):
            PageServer(lambda: agent, lambda _: [], port)


def test_so_is_a_cloud_s_port_before_the_cloud_says_where_it_is(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["cloud", "--port", str(port), "--state", str(tmp_path / "cloud")]) == 2
    told = capsys.readouterr().err
    assert f"port {port}" in told
    assert "say another with --port" in told
    assert "https://" not in told
    assert not (tmp_path / "cloud").exists()


def test_the_page_says_so_too(tmp_path):
    storage = DiskStorage(tmp_path / "agent.sqlite")
    agent = Agent(Phone("m", "1", "s"), ADDRESS, storage, random.Random(1).randbytes)
    server = PageServer(lambda: agent, lambda _: [])
    server.start()
    full(storage)
    connection = http.client.HTTPConnection(server.origin.removeprefix("http://"))
    try:
        for number in range(40):
            connection.request(
                "POST",
                f"{server.address.removeprefix(server.origin)}{'off' if number % 2 else 'on'}/diagnostics",
                headers={"Origin": server.origin},
            )
            answer = connection.getresponse()
            told = answer.read().decode()
            if answer.status == 503:
                break
        assert "the disk is full" in told
        connection.request("GET", server.address.removeprefix(server.origin))
        assert connection.getresponse().status == 200, "and goes on"
    finally:
        connection.close()
        server.stop()


@pytest.mark.parametrize(("bad", "status"), [("full", 507), ("damaged", 503)])
def test_a_database_of_the_cloud_that_is_full_or_damaged_is_a_problem_and_changes_nothing(
    life, tmp_path, bad, status
):
    file = tmp_path / "cloud.sqlite"
    life.cloud.store = Store(f"sqlite:///{file}")
    begin(life)
    life.pass_time(1)
    assert held(life)
    before, chunks = life.cloud.store.counts(), dict(life.cloud.store.objects.values)
    if bad == "full":
        with life.cloud.store.transaction() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    else:
        life.cloud.store.close()
        good = file.read_bytes()
        damaged(file)
    life.agent.offer("photo", "b.jpg", random.Random(5).randbytes(900_000))
    life.agent.agree(Switch.PREFERENCES, life.now)
    refused = set()
    for _ in range(40):
        life.pass_time(1, minutes={})
        refused = {answer.status for answer in life.answers if answer.status >= 400}
        if refused:
            break
        life.agent.offer("photo", "b.jpg", random.Random(life.now.timestamp()).randbytes(900_000))
    assert refused - {404} == {status}, "but for questions about what never arrived"
    for answer in life.answers:
        assert answer.status < 400 or set(json.loads(answer.body)) == {"title", "status", "detail"}
    if bad == "damaged":
        life.cloud.store.close()
        file.write_bytes(good)
        assert life.cloud.store.counts() == before
        assert life.cloud.store.objects.values == chunks
    else:
        with life.cloud.store.transaction() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    life.pass_time(3, minutes={})
    assert life.agent.chest.item_versions("photo", "b.jpg"), (
        "what waited goes up when the cloud is well again"
    )
    life.cloud.store.close()


@pytest.mark.parametrize(
    "text",
    [
        '{"recommendations":[{"package":"a","title":"A","category":"games","popularity":2}]}',
        '{"recommendations":[{"package":"a"}]}',
        '{"recommendations":7}',
        "[]",
        "",
    ],
)
def test_a_cloud_does_not_publish_what_no_phone_would_take(tmp_path, capsys, text):
    (tmp_path / "published.json").write_text(text)
    cloud = ["cloud", "--state", str(tmp_path / "cloud"), "--published", str(tmp_path / "published.json")]
    assert main(cloud) == 2
    assert "does not hold what a cloud can publish" in capsys.readouterr().err


def test_a_cloud_that_cannot_open_its_database_says_so_in_one_sentence(tmp_path, capsys):
    state = ["--state", str(tmp_path / "cloud"), "--port", "1"]
    assert main(["cloud", *state, "--database", "nonsense"]) == 2
    assert "named by a URL" in capsys.readouterr().err
    damaged(tmp_path / "cloud/cloud.sqlite")
    assert main(["cloud", *state]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
