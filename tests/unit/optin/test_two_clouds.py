"""Two processes of the cloud side by side, on one PostgreSQL and one S3-compatible store, begun at one moment."""

from __future__ import annotations

import hashlib
import json
import random
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import pytest
from optin_cloud import begin, free_port, stop, wait_for

from optin.agent.home import Home
from optin.agent.line import Endpoint, Line
from optin.agent.phone import Phone
from optin.agent.restore import BackupReader
from optin.agent.software import Software
from optin.agent.switch import Switch
from optin.cli import main
from optin.cloud.state_folder import StateFolder
from optin.ledger.heads import check_heads
from optin.protocol.canonical import render_bytes
from optin.protocol.chunk import seal
from optin.protocol.consent import Consent
from optin.protocol.exchange import Request
from optin.protocol.preference import QUESTIONS, PreferenceReport, name_week
from optin.protocol.proof import CONSENT_HEADER, KEY_HEADER, digest_of, prove, use_of_key
from optin.protocol.signed_record import SignedRecord
from optin.protocol.signing import public_key
from optin.protocol.tree_head import TreeHead

SEED = b"s" * 32
BURST = 300


def yes() -> bool:
    return True


class Two:
    """The two processes; a line to each, by number."""

    def __init__(self, state, database, endpoint):
        self.state, self.ports = state, (free_port(), free_port())
        store = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_REGION": "us-east-1",
        }
        options = ("--database", database, "--chunks", "s3://backups/two", "--rate", str(BURST / 5))
        self.running = [begin(state, port, *options, environment=store) for port in self.ports]
        for running, port in zip(self.running, self.ports, strict=True):
            wait_for(running, port)
        self.trust = state / "certificate.pem"
        self.lines = [Line(Endpoint("127.0.0.1", port, self.trust)) for port in self.ports]

    def ask(self, which, request):
        return self.lines[which].send(request, yes)


@pytest.fixture(scope="module")
def two(tmp_path_factory, postgresql_url, s3_endpoint):
    state = tmp_path_factory.mktemp("two")
    for version, package in (("1.0", bytes(3000)), ("1.1", bytes(3000) + b"repaired")):
        (state / "package").write_bytes(package)
        assert main(["release", "m", version, str(state / "package"), "--state", str(state)]) == 0
    made = Two(state, postgresql_url, s3_endpoint)
    yield made
    for line in made.lines:
        line.close()
    stop(*made.running)


def register(two, which, identifier, data, purpose):
    record = Consent(identifier, data, ("localhost",), purpose, datetime.now(UTC))
    request = Request(
        "PUT", "localhost", f"/v1/consents/{identifier}", (), SignedRecord.make(record, SEED).encoded
    )
    answer = two.ask(which, request)
    assert answer.status == 201
    return answer.json()


def on_vault(method, path):
    key = public_key(SEED)
    request = Request(method, "localhost", path, ((KEY_HEADER, render_bytes(key)),))
    return prove(request, use_of_key(key), SEED, datetime.now(UTC), random.randbytes(16))


def test_both_begun_at_one_moment_have_one_identity(two):
    """One secret, one certificate, one set of tables, whoever was first."""
    key = StateFolder(two.state).keys().public[0]
    for which in (0, 1):
        TreeHead.parse(two.ask(which, Request("GET", "localhost", "/v1/log/head")).json(), key)


def test_an_upload_that_was_cut_at_one_goes_on_at_the_other(two):
    register(two, 0, "consent-cut", ("photo",), "backup")
    chunk = seal(random.Random(1).randbytes(200_000), random.Random(2).randbytes)
    path, cut = f"/v1/chunks/{chunk.name}", 70_000
    headers = ((CONSENT_HEADER, "consent-cut"), ("Upload-Length", str(len(chunk.sealed))))
    whole = Request("POST", "localhost", path, headers, chunk.sealed)
    proven = prove(whole, "consent-cut", SEED, datetime.now(UTC), bytes(16))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(chunk.sealed)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in proven.headers) + "\r\n"
    context = ssl.create_default_context(cafile=str(two.trust))
    with (
        socket.create_connection(("127.0.0.1", two.ports[0]), timeout=20) as bare,
        context.wrap_socket(bare, server_hostname="localhost") as line,
    ):
        line.sendall(head.encode() + chunk.sealed[:cut])
    for _ in range(400):  # the first process notices the cut when it reads on
        progress = two.ask(1, on_vault("HEAD", path))
        if progress.status == 200 and progress.header("upload-offset") != "0":
            break
    offset = int(progress.header("upload-offset"))
    assert 0 < offset <= cut
    headers = ((CONSENT_HEADER, "consent-cut"), ("Upload-Offset", str(offset)))
    rest = Request("PATCH", "localhost", path, headers, chunk.sealed[offset:])
    proven = prove(rest, "consent-cut", SEED, datetime.now(UTC), bytes(16), digest=digest_of(chunk.sealed))
    assert two.ask(1, proven).status == 204
    assert two.ask(0, on_vault("GET", path)).body == chunk.sealed


def test_a_backup_that_takes_turns_between_the_two_comes_back_whole(two, tmp_path):
    home = Home(tmp_path / "phone")
    home.begin(two.state / "pairing.json", Phone("m", "1", "s"))
    agent, content, turn = home.agent(), random.Random(4).randbytes(2_500_000), 0
    agent.agree(Switch.BACKUP_PHOTOS, datetime.now(UTC))
    agent.offer("photo", "a.jpg", content)
    for _ in range(5):
        for upload in agent.due(datetime.now(UTC), {"network": "wifi"}):
            agent.answered(upload, two.ask(turn % 2, upload.request), datetime.now(UTC))
            turn += 1
    assert turn >= 5
    for which in (0, 1):
        reader = BackupReader(
            agent,
            "localhost",
            lambda request, which=which: two.ask(which, request),
            lambda: datetime.now(UTC),
        )
        assert [item.content for item in reader.items()] == [content]


def test_both_append_to_one_log_at_once_and_it_is_proven(two):
    def register_one(number):
        with closing(Line(Endpoint("127.0.0.1", two.ports[number % 2], two.trust))) as line:
            record = Consent(
                f"log-{number}", ("preference",), ("localhost",), "recommendation", datetime.now(UTC)
            )
            encoded = SignedRecord.make(record, number.to_bytes(32, "big")).encoded
            return line.send(Request("PUT", "localhost", f"/v1/consents/log-{number}", (), encoded), yes)

    with ThreadPoolExecutor(4) as pool:
        receipts = [answer.json() for answer in pool.map(register_one, range(24))]
    assert len({receipt["leaf"] for receipt in receipts}) == 24
    key = StateFolder(two.state).keys().public[0]
    heads = [TreeHead.parse(receipt["head"], key) for receipt in receipts]
    for which in (0, 1):

        def ask(path, which=which):
            return two.ask(which, Request("GET", "localhost", path)).json()

        assert check_heads(heads, ask) == 24


def test_one_record_brought_to_both_at_once_is_logged_once(two):
    record = Consent("twice", ("preference",), ("localhost",), "recommendation", datetime.now(UTC))
    request = Request("PUT", "localhost", "/v1/consents/twice", (), SignedRecord.make(record, SEED).encoded)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda which: two.ask(which, request), (0, 1)))
    assert [answer.status for answer in answers] == [201, 201]
    assert len({answer.json()["leaf"] for answer in answers}) == 1


def test_a_report_taken_by_one_is_not_taken_by_the_other(two):
    register(two, 0, "report", ("preference",), "recommendation")
    now = datetime.now(UTC)
    report = PreferenceReport(name_week(now), "two", 2.0, dict.fromkeys(QUESTIONS, 1)).encode()
    request = Request("POST", "localhost", "/v1/preferences", ((CONSENT_HEADER, "report"),), report)
    proven = prove(request, "report", SEED, now, random.randbytes(16))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda which: two.ask(which, proven).status, (0, 1)))
    assert sorted(answers) == [202, 409]


def test_both_serve_one_repository_of_software(two, tmp_path):
    root = json.loads((two.state / "pairing.json").read_text())["repository_root"].encode()
    turn = [0]

    def fetch(path):
        turn[0] += 1
        answer = two.ask(turn[0] % 2, Request("GET", "localhost", f"/v1/tuf/{path}"))
        return answer.body if answer.accepted else None

    found = Software(tmp_path / "software", root, b"draw").look(
        "m", "1.0", bytes(3000), fetch, datetime.now(UTC)
    )
    assert hashlib.sha256(found.data).digest() == hashlib.sha256(bytes(3000) + b"repaired").digest()
    assert turn[0] >= 4


def test_each_limits_whom_it_serves_too_often_and_the_other_still_serves(two):
    """The limit is each process's own: an address gets at most as many times the rate as there are processes."""
    statuses = []
    while 429 not in statuses and len(statuses) < 4 * BURST:
        statuses.append(two.ask(0, Request("GET", "localhost", "/v1/log/nothing")).status)
    assert statuses[-1] == 429
    assert two.ask(1, Request("GET", "localhost", "/v1/log/head")).status == 200


def test_when_one_is_killed_the_other_goes_on(two):
    two.running[0].kill()
    two.running[0].wait(20)
    register(two, 1, "alone", ("preference",), "recommendation")
