"""Bad days: a full disk, a clock set back, a locked database. Nothing is lost, and it is said clearly."""

from __future__ import annotations

import errno
import os
import sqlite3
from datetime import timedelta

import pytest
from optin_life import API, WIFI, ask

from optin.agent.switch import Switch
from optin.cloud.limits import RateLimit
from optin.cloud.objects import FolderObjects
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
