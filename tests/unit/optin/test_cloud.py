"""The cloud refuses by itself what no consent covers, and what is not what it should be; nothing changes then."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from optin_life import API, BACKUP, MORNING, ask

from optin.agent.switch import Switch
from optin.protocol.chunk import seal
from optin.protocol.consent import Consent
from optin.protocol.exchange import Request, Response

RECORD = Consent("consent-001", ("photo",), (API, BACKUP), "backup", MORNING, None, {"network": "wifi"})


def give(life, record=RECORD):
    return ask(life.cloud, Request("PUT", BACKUP, f"/v1/consents/{record.id}", (), record.encode()))


def put(life, chunk, consent="consent-001", host=BACKUP):
    headers = (("Optin-Consent", consent),)
    return ask(life.cloud, Request("PUT", host, f"/v1/chunks/{chunk.name}", headers, chunk.sealed))


@pytest.fixture
def chunk():
    return seal(b"content", iter_bytes)


def iter_bytes(count):
    return bytes(range(count))


def test_a_chunk_under_a_live_record_is_taken(life, chunk):
    assert give(life).status == 201
    assert put(life, chunk).status == 201
    assert life.cloud.store.chunks == {chunk.name: chunk.sealed}


def test_a_chunk_without_record_or_under_an_ended_one_is_refused(life, chunk):
    assert put(life, chunk).status == 403
    give(life, RECORD.revoked(MORNING + timedelta(hours=1)))
    life.now += timedelta(hours=2)
    answer = put(life, chunk)
    assert answer.status == 403
    assert json.loads(answer.body)["detail"] == "No live consent record covers this upload."
    assert life.cloud.store.chunks == {}


def test_a_record_for_another_host_does_not_cover(life, chunk):
    give(life)
    assert put(life, chunk, host="elsewhere.example").status == 403


def test_a_record_is_not_rewritten(life):
    give(life)
    wider = Consent("consent-001", ("photo", "contact"), (BACKUP,), "backup", MORNING)
    assert give(life, wider).status == 409
    assert life.cloud.store.consents.get("consent-001") == RECORD
    assert give(life).status == 201, "the same record again changes nothing"


def test_a_report_needs_a_record_that_names_its_data(life):
    give(life)
    report = Request("POST", API, "/v1/preferences", (("Optin-Consent", "consent-001"),), b"{}")
    assert ask(life.cloud, report).status == 400
    life.agent.agree(Switch.PREFERENCES, life.now)
    (record,) = life.agent.due(life.now, {"network": "wifi"})
    life.agent.answered(record, Response(201), life.now)
    (upload,) = life.agent.due(life.now, {"network": "wifi"})
    bare = Request("POST", API, "/v1/preferences", (), upload.request.body)
    assert ask(life.cloud, bare).status == 403
    assert life.cloud.store.reports == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/consents/consent-001", b"\xff\x00"),
        ("PUT", "/v1/consents/consent-001", b"[]"),
        ("PUT", "/v1/consents/consent-001", b'{"id":"consent-001"}'),
        ("PUT", "/v1/consents/other", RECORD.encode()),
        ("POST", "/v1/diagnostics", b"\x1f\x8b broken"),
        ("POST", "/v1/preferences", b'{"preference_report":{}}'),
        ("PUT", "/v1/chunks/" + "a" * 64, b"too short"),
    ],
)
def test_what_is_malformed_is_refused_and_changes_nothing(life, method, path, body):
    answer = ask(life.cloud, Request(method, API, path, (), body))
    assert answer.status == 400
    assert set(json.loads(answer.body)) == {"title", "status", "detail"}
    assert life.cloud.store.consents.records() == ()


def test_what_is_too_large_is_refused(life):
    assert ask(life.cloud, Request("PUT", API, "/v1/chunks/" + "a" * 64, (), bytes(2_000_000))).status == 413


def test_unknown_paths_are_not_found(life):
    assert ask(life.cloud, Request("GET", API, "/")).status == 404
    assert ask(life.cloud, Request("DELETE", API, "/v1/preferences")).status == 404


def test_a_chunk_is_not_overwritten(life, chunk):
    give(life)
    put(life, chunk)
    other = seal(b"other content", bytes)
    forged = type(chunk)(chunk.name, other.key, other.sealed)
    assert put(life, forged).status == 409
    assert life.cloud.store.chunks[chunk.name] == chunk.sealed
