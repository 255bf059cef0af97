"""Software updates: small deltas, a staged roll-out that the phone decides, and every kind of bad repository refused."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from optin.agent.software import RefusedError, Software
from optin.cloud.releases import Repository
from optin.protocol.release import is_chosen

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLD = random.Random(1).randbytes(200_000)
NEW = OLD[:100_000] + b"a repaired function" + OLD[100_000:]


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path / "repository", NOW)
    made.add("vn", "5.0.1", OLD)
    made.add("vn", "5.0.2", NEW)
    made.root = made.publish()
    return made


@pytest.fixture
def phone(tmp_path, repository):
    return Software(tmp_path / "phone", repository.root, b"drawn on this phone")


def fetcher(folder, seen=None):
    def fetch(path):
        if seen is not None:
            seen.append(path)
        found = folder / path
        return found.read_bytes() if found.exists() else None

    return fetch


def look(  # noqa: PLR0917
    phone, repository, installed="5.0.1", current=OLD, now=NOW, seen=None
):
    return phone.look("vn", installed, current, fetcher(repository.folder, seen), now)


def test_a_delta_makes_the_new_package_and_costs_little(phone, repository):
    package = look(phone, repository)
    assert (package.version, package.data) == ("5.0.2", NEW)
    assert package.fetched < len(NEW) / 10
    assert look(phone, repository, "5.0.2", NEW) is None


def test_without_the_old_package_the_whole_one_comes(phone, repository):
    package = look(phone, repository, "5.0.1", None)
    assert package.data == NEW
    assert package.fetched > len(NEW)


def test_the_phone_decides_whether_it_is_its_turn_and_asks_alike(tmp_path, repository):
    repository.add("vn", "5.0.3", NEW + b"!", percent=30)
    repository.publish()
    asked, chosen = [], 0
    for number in range(40):
        seen = []
        phone = Software(tmp_path / f"phone{number}", repository.root, bytes([number]))
        package = look(phone, repository, "5.0.2", NEW, seen=seen)
        chosen += package is not None
        asked.append(tuple(path for path in seen if path.startswith("metadata")))
    assert len(set(asked)) == 1, "the list is fetched in the same way by all"
    assert chosen == sum(is_chosen("5.0.3", bytes([number]), 30) for number in range(40))
    assert 2 < chosen < 25


def test_an_old_repository_is_refused(phone, repository):
    with pytest.raises(RefusedError, match="out of date"):
        look(phone, repository, now=NOW + timedelta(days=4))


def test_a_rolled_back_repository_is_refused(phone, repository):
    earlier = {path: path.read_bytes() for path in (repository.folder / "metadata").iterdir()}
    repository.publish()
    look(phone, repository)
    for path, data in earlier.items():
        path.write_bytes(data)
    with pytest.raises(RefusedError, match="rolled back"):
        look(phone, repository)


def test_a_mixed_repository_is_refused(phone, repository):
    metadata = repository.folder / "metadata"
    old = (metadata / "1.snapshot.json").read_bytes()
    repository.publish()
    (metadata / "2.snapshot.json").write_bytes(old)
    with pytest.raises(RefusedError, match="rolled back, or its parts do not belong together"):
        look(phone, repository)


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json"])
def test_a_tampered_list_is_refused(phone, repository, name):
    path = repository.folder / "metadata" / name
    document = json.loads(path.read_bytes())
    document["signed"]["expires"] = "2099-01-01T00:00:00Z"
    path.write_text(json.dumps(document))
    with pytest.raises(RefusedError, match=r"not signed|not the one"):
        look(phone, repository)


def test_a_tampered_package_is_refused(phone, repository):
    for path in (repository.folder / "targets").iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(RefusedError, match="not the one that was signed"):
        look(phone, repository)


def test_a_stranger_s_repository_is_refused(tmp_path, phone, repository):
    other = Repository(tmp_path / "other", NOW)
    other.add("vn", "9.0", b"malware")
    other.publish()
    with pytest.raises(RefusedError, match="not signed"):
        look(phone, other)
    assert look(phone, repository).version == "5.0.2", "and the right one still works"


def test_a_damaged_repository_is_refused(phone, repository):
    (repository.folder / "metadata" / "timestamp.json").write_bytes(b"{")
    with pytest.raises(RefusedError, match="damaged"):
        look(phone, repository)
