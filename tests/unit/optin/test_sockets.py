"""Agent and cloud on real sockets, with TLS, each a process of its own or a thread: the owner's whole way."""

from __future__ import annotations

import json
import random
import re
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from optin_cloud import free_port, listens, serve

from optin.agent.home import Home
from optin.agent.line import AbortedError, Endpoint, Line, LineError
from optin.agent.switch import Switch
from optin.cli import main
from optin.cloud.store import Store
from optin.protocol.consent import Consent
from optin.protocol.exchange import Request
from optin.protocol.phrase import render_phrase
from optin.protocol.preference import CATEGORIES
from optin.protocol.signed_record import SignedRecord

PHOTO = random.Random(1).randbytes(2_200_000)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    state = tmp_path_factory.mktemp("cloud")
    running = serve(state, free_port())
    yield state
    running.terminate()
    assert running.wait(20) in (0, -15)


@pytest.fixture
def phone(cloud, tmp_path, capsys):
    home = tmp_path / "phone"

    def run(*arguments):
        if arguments[0] == "sync" and "--network" not in arguments:
            arguments += ("--network", "wifi")
        code = main(["phone", *map(str, arguments), "--home", str(home)])
        said = capsys.readouterr()
        assert code == 0, said.err
        return said.out

    run("pair", cloud / "pairing.json", "--model", "VN-2014", "--serial", "SERIAL0042XY")
    photos = tmp_path / "dcim"
    photos.mkdir()
    (photos / "one.jpg").write_bytes(PHOTO)
    (photos / "note.txt").write_text("not a photo")
    run.photos, run.home, run.folder = photos, Home(home), tmp_path
    return run


def test_everything_is_off_and_nothing_is_sent(phone):
    assert phone("offer", "--photos", phone.photos) == "0 new\n"
    assert phone("sync") == "0 requests were answered\n"
    assert "on " not in phone("status")


def test_a_backup_goes_up_comes_back_and_is_erased_with_a_receipt(phone, cloud):
    phone("on", "backup_photos")
    assert phone("offer", "--photos", phone.photos) == "1 new\n"
    assert phone("sync", "--network", "mobile") == "0 requests were answered\n"
    phone("sync")
    stored = list((cloud / "chunks").rglob("*"))
    assert all(PHOTO[:64] not in path.read_bytes() for path in stored if path.is_file())
    assert phone("offer", "--photos", phone.photos) == "0 new\n", "a second backup sends nothing"
    assert phone("sync") == "0 requests were answered\n"
    phone("restore", phone.folder / "back")
    assert (phone.folder / "back/photo/one.jpg").read_bytes() == PHOTO

    words = phone("phrase").strip()
    other = phone.folder / "new phone"
    for arguments in (
        ["pair", str(cloud / "pairing.json")],
        ["recover", words],
        ["restore", str(phone.folder / "new")],
    ):
        assert main(["phone", *arguments, "--home", str(other)]) == 0
    assert (phone.folder / "new/photo/one.jpg").read_bytes() == PHOTO, (
        "the phrase alone restores on a new phone"
    )

    receipts = phone.folder / "receipts.json"
    phone("erase", "--receipts", receipts)
    assert sum(row["chunks"] for row in json.loads(receipts.read_text())) == 4
    assert not [path for path in (cloud / "chunks").rglob("*") if path.is_file()]
    assert main(["phone", "restore", str(phone.folder / "gone"), "--home", str(other)]) == 0
    assert not (phone.folder / "gone").exists(), "nothing is left to restore"


def test_an_old_version_is_pruned_and_the_new_one_stays(phone):
    phone("on", "backup_photos")
    for content in (b"old" * 9, b"new" * 9):
        (phone.photos / "one.jpg").write_bytes(content)
        phone("offer", "--photos", phone.photos)
        phone("sync")
    times = [line.split()[0] for line in phone("backups").splitlines()]
    assert len(times) == 2
    assert phone("restore", phone.folder / "then", "--before", times[1]).startswith("1 items")
    assert (phone.folder / "then/photo/one.jpg").read_bytes() == b"old" * 9
    assert phone("restore", phone.folder / "before", "--before", times[0]).startswith("0 items")
    assert phone("prune") == "2 chunks deleted\n", "the old photo and the old manifest"
    phone("sync")
    assert phone("verify") == "1 items are whole\n"
    phone("restore", phone.folder / "back")
    assert (phone.folder / "back/photo/one.jpg").read_bytes() == b"new" * 9
    phone("erase", "--receipts", phone.folder / "r")


def test_use_of_a_real_phone_is_counted_and_told_as_noised_bits(phone, cloud):
    """Not before the owner agreed, not before a week was counted, and no name of an app ever."""
    use = phone.folder / "usagestats"
    use.write_text('user=0\n  In-memory weekly stats\n    package=com.strava totalTimeUsed="3:00:00"\n')
    phone("sync", "--use", use)
    assert phone.home.agent().chest.use() is None
    phone("on", "preferences")
    phone("sync", "--use", use)
    use.write_text('user=0\n  In-memory weekly stats\n    package=com.strava totalTimeUsed="5:00:00"\n')
    chest = phone.home.agent().chest
    state = chest.use()
    assert phone("sync", "--use", use) == "0 requests were answered\n"
    assert "privacy: 0 of 52 spent" in phone("status")
    before = datetime.now(UTC) - timedelta(days=8)
    chest.keep_use({**state, "from": before.isoformat(), "looked": before.isoformat()})
    assert phone("sync", "--use", use) == "2 requests were answered\n", "the week's consent and the report"
    assert phone.home.agent().chest.use()["days"] == {
        str(datetime.now(UTC).date()): {**dict.fromkeys(CATEGORIES, 0), "sports": 7200}
    }
    assert "privacy: 2 of 52 spent" in phone("status")
    kept = b"".join(path.read_bytes() for path in cloud.rglob("*") if path.is_file())
    assert b"strava" not in kept
    phone("erase", "--receipts", phone.folder / "r")


def test_what_waits_is_said_with_its_reason(phone, capsys):
    phone("on", "backup_photos")
    phone("offer", "--photos", phone.photos)
    home = ["--home", str(phone.home.path)]
    assert main(["phone", "sync", "--network", "mobile", "--on-battery", *home]) == 0
    assert capsys.readouterr().err == "1 still wait (network: mobile, charging: off)\n"
    assert main(["phone", "sync", "--state-command", "echo network=wifi", *home]) == 0
    assert capsys.readouterr().err == ""
    phone("erase", "--receipts", phone.folder / "r")


def test_recommended_apps_are_ranked_on_the_phone(phone, tmp_path, capsys):
    published, state, port = tmp_path / "published.json", tmp_path / "shop", free_port()
    apps = [
        {
            "package": f"app.{category}",
            "title": category.title(),
            "category": category,
            "popularity": popularity,
        }
        for category, popularity in (("games", 0.5), ("sports", 0.4))
    ]
    published.write_text(json.dumps({"recommendations": apps}))
    state.mkdir()
    running = serve(state, port, "--published", str(published))
    home = ["--home", str(tmp_path / "other")]
    try:
        assert main(["phone", "pair", str(state / "pairing.json"), *home]) == 0
        assert main(["phone", "on", "updates", *home]) == 0
        assert main(["phone", "on", "preferences", *home]) == 0
        assert main(["phone", "sync", "--network", "mobile", *home]) == 0
    finally:
        running.terminate()
        running.wait(20)
    agent = Home(tmp_path / "other").agent()
    assert [each.entry.category for each in agent.recommend(datetime.now(UTC))] == ["games", "sports"]
    agent.chest.keep_use({"days": {"2026-01-01": {"sports": 7200}}, "languages": 1})
    capsys.readouterr()
    assert main(["phone", "recommend", *home]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1. Sports (app.sports), sports: because you use apps for sports",
        "2. Games (app.games), games: popular",
    ]
    assert phone("recommend").startswith("there is no fresh catalogue")


def test_a_new_phone_takes_up_the_backup_of_the_old_one(phone, cloud, capsys):
    """What is there is not sent again, what is new is added, and a third phone finds both."""
    phone("on", "backup_photos")
    phone("offer", "--photos", phone.photos)
    phone("sync")
    words = phone("phrase").strip()

    def other(name, *arguments, code=0):
        assert main(["phone", *arguments, "--home", str(phone.folder / name)]) == code
        return capsys.readouterr()

    other("second", "pair", str(cloud / "pairing.json"))
    assert "1 items are backed up" in other("second", "recover", words).out
    other("second", "on", "backup_photos")
    (phone.photos / "two.jpg").write_bytes(b"two" * 9)
    assert other("second", "offer", "--photos", str(phone.photos)).out == "1 new\n"
    assert other("second", "sync", "--network", "wifi").out == "3 requests were answered\n", (
        "the consent, the new photo, the manifest"
    )
    other("third", "pair", str(cloud / "pairing.json"))
    assert "2 items are backed up" in other("third", "recover", words).out
    assert other("third", "restore", str(phone.folder / "both")).out.startswith("2 items")
    assert (phone.folder / "both/photo/one.jpg").read_bytes() == PHOTO
    assert (phone.folder / "both/photo/two.jpg").read_bytes() == b"two" * 9

    home = Home(phone.folder / "stranger")
    other("stranger", "pair", str(cloud / "pairing.json"))
    home.agent().vault.open(render_phrase(bytes(16)))
    assert "a backup of its own" in other("stranger", "recover", words, code=2).err
    other("second", "erase", "--receipts", str(phone.folder / "r"))


def test_after_removal_nothing_leaves(phone):
    phone("on", "backup_photos")
    phone("on", "updates")
    phone("offer", "--photos", phone.photos)
    phone("remove")
    assert phone("sync") == "0 requests were answered\n"
    assert main(["phone", "restore", str(phone.folder / "x"), "--home", str(phone.home.path)]) == 2


def test_the_journal_and_the_store_know_no_owner(phone, cloud):
    for switch in ("backup_photos", "preferences"):
        phone("on", switch)
    phone("offer", "--photos", phone.photos)
    phone("sync")
    journal = (cloud / "journal").read_text()
    assert "SERIAL0042XY" not in journal
    assert not re.search(r"[0-9a-f]{32}", journal), "no name of a chunk or consent"
    assert "127.0.0.1" not in journal
    kept = b"".join(path.read_bytes() for path in cloud.rglob("*") if path.is_file())
    assert b"SERIAL0042XY" not in kept
    phone("erase", "--receipts", phone.folder / "r")


def test_the_watcher_sees_growth_and_a_rewritten_log(phone, cloud, tmp_path, capsys):
    memory = tmp_path / "memory.json"
    watch = ["watch", "--pairing", str(cloud / "pairing.json"), "--memory", str(memory)]
    assert main(watch) == 0
    phone("on", "diagnostics")
    phone("diagnose")
    phone("sync")
    assert main(watch) == 0
    phone("on", "backup_photos")
    phone("offer", "--photos", phone.photos)
    phone("sync")
    assert " 2 receipts hold, 2 heads of the cloud's log agree" in phone("check-log", "--witness", memory)
    assert "0 heads" in phone("check-log", "--offline")
    phone("off", "diagnostics")
    phone("off", "backup_photos")
    assert "2 receipts hold, 0 heads" in phone("check-log"), "with everything off nothing is asked"
    phone("export", phone.folder / "export")
    assert main([*watch, "--receipts", str(phone.folder / "export/receipts.json")]) == 0
    from optin.cloud.state_folder import StateFolder
    from optin.protocol.tree_head import TreeHead

    seed = StateFolder(cloud).keys().log
    memory.write_text(json.dumps(TreeHead(1, bytes(32), datetime.now(UTC)).render(seed)))
    assert main(watch) == 2
    assert "rewrote its consent log" in capsys.readouterr().err


def test_a_stranger_with_another_certificate_is_not_talked_to(phone, tmp_path):
    other = tmp_path / "stranger"
    other.mkdir()
    port = free_port()
    running = serve(other, port)
    try:
        line = Line(Endpoint("127.0.0.1", port, phone.home.trust))
        with pytest.raises(LineError, match="not the cloud"):
            line.send(Request("GET", "localhost", "/v1/log/head"), lambda: True)
    finally:
        running.terminate()
        running.wait(20)


def test_a_revocation_by_another_process_aborts_what_is_under_way(phone, tmp_path):
    """The other side takes in nothing, so that the upload is under way until the owner revokes."""
    from optin.cloud.state_folder import StateFolder

    folder = StateFolder(tmp_path / "deaf")
    folder.keys()
    folder.make_certificate("localhost")
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder.certificate, folder.private_key)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        accepted = threading.Thread(
            target=lambda: taken.append(context.wrap_socket(deaf.accept()[0], server_side=True))
        )
        taken = []
        accepted.start()
        agent, line = (
            phone.home.agent(),
            Line(Endpoint("127.0.0.1", deaf.getsockname()[1], folder.certificate)),
        )
        record = agent.agree(Switch.BACKUP_PHOTOS, datetime.now(UTC))
        request = Request("POST", "localhost", "/v1/chunks/" + "a" * 64, (), bytes(30_000_000))
        upload = agent.gate.mark(request, record, Switch.BACKUP_PHOTOS, datetime.now(UTC))
        revoker = threading.Thread(
            target=lambda: (
                accepted.join(),
                phone.home.agent().revoke(Switch.BACKUP_PHOTOS, datetime.now(UTC)),
            )
        )
        revoker.start()
        with pytest.raises(AbortedError):
            line.send(
                upload.request, lambda: agent.gate.holds(upload, datetime.now(UTC), {"network": "wifi"})
            )
        revoker.join()
        taken[0].close()


def test_a_cloud_that_is_told_to_stop_finishes_what_is_under_way(tmp_path):
    """SIGTERM in the middle of a body: the rest is taken, answered and logged, and then the process ends well."""
    state, port = tmp_path / "stopping", free_port()
    state.mkdir()
    running = serve(state, port)
    context = ssl.create_default_context(cafile=str(state / "certificate.pem"))
    seed, now = b"s" * 32, datetime.now(UTC)
    consent = Consent("consent-1", ("photo",), ("localhost",), "backup", now)
    record = SignedRecord.make(consent, seed).encoded
    head = f"PUT /v1/consents/consent-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(record)}\r\n\r\n"
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as bare,
            context.wrap_socket(bare, server_hostname="localhost") as line,
        ):
            line.sendall(head.encode() + record[:100])
            probe = Line(Endpoint("127.0.0.1", port, state / "certificate.pem"))
            assert probe.send(Request("GET", "localhost", "/v1/log/head"), lambda: True).json()["size"] == 0
            probe.close()
            running.terminate()
            while listens(port):
                assert running.poll() is None
            line.sendall(record[100:])
            assert line.recv(64).startswith(b"HTTP/1.1 201")
        assert running.wait(20) in (0, -15)
    finally:
        running.kill()
        running.wait(20)
    assert [known.record.consent.id for known in Store(f"sqlite:///{state / 'cloud.sqlite'}").consents()] == [
        "consent-1"
    ]
    assert '"status":201' in (state / "journal").read_text()


def test_new_software_is_fetched_only_with_the_switch_on(phone, cloud, capsys):
    old, new = phone.folder / "old", phone.folder / "new"
    old.write_bytes(PHOTO)
    new.write_bytes(PHOTO + b"repaired")
    for version, package in (("1.0", old), ("1.1", new)):
        assert main(["release", "VN-2014", version, str(package), "--state", str(cloud)]) == 0
    from optin.cloud.state_folder import StateFolder

    document = json.loads((cloud / "pairing.json").read_text())
    StateFolder(cloud).write_pairing(document["host"], document["port"])
    home = phone.folder / "other"
    assert (
        main(["phone", "pair", str(cloud / "pairing.json"), "--model", "VN-2014", "--home", str(home)]) == 0
    )
    update = ["phone", "update", "--installed", "1.0", "--current", str(old), "-o", str(phone.folder / "got")]
    assert main([*update, "--home", str(home)]) == 2
    assert main(["phone", "on", "updates", "--home", str(home)]) == 0
    assert main([*update, "--home", str(home)]) == 0
    assert (phone.folder / "got").read_bytes() == new.read_bytes()


def test_secrets_lie_in_files_of_their_owner_only(phone, cloud):
    phone("status")
    for path in (
        phone.home.path / "agent.sqlite",
        phone.home.config,
        cloud / "secret.key",
        cloud / "certificate.key",
    ):
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "arguments", [["phone", "status", "--home", "/nowhere"], ["phone", "on", "everything"], ["nothing"]]
)
def test_a_wrong_argument_is_one_sentence(arguments, capsys):
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
