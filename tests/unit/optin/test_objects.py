"""Where chunks lie: memory, a folder and a real S3 server keep the same word; a backup goes up and comes back."""

from __future__ import annotations

import random

import pytest
from optin_life import ADDRESS, WIFI, ask

from optin.agent.restore import BackupReader
from optin.agent.switch import Switch
from optin.cloud.objects import FolderObjects, MemoryObjects
from optin.cloud.problem import Problem
from optin.protocol.exchange import Request

VAULT, NAME = "ab" * 32, "cd" * 32
CONFIG = {"access_key_id": "k", "secret_access_key": "s", "region": "us-east-1"}
PLAIN = {"allow_http": True}


@pytest.fixture(params=["memory", "folder", "s3"])
def objects(request, tmp_path):
    if request.param == "memory":
        return MemoryObjects()
    if request.param == "folder":
        return FolderObjects(tmp_path)
    from optin.cloud.s3_objects import S3Objects

    return S3Objects(
        f"s3://backups/{tmp_path.name}",
        config={**CONFIG, "endpoint": request.getfixturevalue("s3_endpoint")},
        client_options=PLAIN,
    )


def test_bytes_grow_are_cut_off_and_go(objects):
    assert objects.read(VAULT, NAME) is None
    objects.write(VAULT, NAME, 0, b"0123456789")
    objects.write(VAULT, NAME, 10, b"abc")
    assert objects.read(VAULT, NAME) == b"0123456789abc"
    objects.write(VAULT, NAME, 4, b"XY")
    assert objects.read(VAULT, NAME) == b"0123XY"
    assert objects.read(VAULT, "ef" * 32) is None
    objects.delete(VAULT, NAME)
    objects.delete(VAULT, NAME)
    assert objects.read(VAULT, NAME) is None


def test_a_backup_with_a_cut_goes_up_comes_back_and_is_erased(life, objects):
    life.cloud.store.objects = objects
    content = random.Random(3).randbytes(1_500_000)
    life.agent.agree(Switch.BACKUP_PHOTOS, life.now)
    life.agent.offer("photo", "a.jpg", content)
    for registration in list(life.agent.due(life.now, WIFI)):
        life.deliver(registration)
    first, *others = list(life.agent.due(life.now, WIFI))
    sent = first.request
    ask(life.cloud, Request(sent.method, sent.host, sent.path, sent.headers, sent.body[:500_000]))
    life.agent.failed(first, life.now)
    for upload in others:
        life.deliver(upload)
    life.pass_time(2)
    assert "PATCH" in {request.method for request in life.requests}, "it goes on where it was cut"
    reader = BackupReader(life.agent, ADDRESS.backup, lambda r: ask(life.cloud, r), lambda: life.now)
    assert [restored.content for restored in reader.items()] == [content]
    names = reader.names()
    assert len(names) == 3
    for name in names:
        reader._ask("DELETE", f"/v1/chunks/{name}")
    assert not any(objects.read(life.agent.vault.key.hex(), name) for name in names)


def test_a_store_that_does_not_answer_is_a_503():
    from optin.cloud.s3_objects import S3Objects

    gone = S3Objects(
        "s3://backups/x",
        config={**CONFIG, "endpoint": "http://127.0.0.1:9"},
        client_options=PLAIN,
        retry_config={"max_retries": 0},
    )
    with pytest.raises(Problem) as caught:
        gone.write(VAULT, NAME, 0, b"x")
    assert caught.value.status == 503
