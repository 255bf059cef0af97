"""The cloud refuses by itself what no consent covers, and what is not what it should be; nothing changes then."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from optin_life import API, BACKUP, KEYS, MORNING, ask

from optin.cloud.journal import Journal
from optin.cloud.server import Front
from optin.cloud.store import Store
from optin.ledger.merkle import extends, hash_leaf
from optin.protocol.canonical import parse_bytes
from optin.protocol.chunk import seal
from optin.protocol.consent import Consent
from optin.protocol.erasure import ErasureReceipt
from optin.protocol.exchange import Request
from optin.protocol.preference import QUESTIONS, PreferenceReport
from optin.protocol.proof import CONSENT_HEADER, KEY_HEADER, digest_of, prove, use_of_key
from optin.protocol.signed_record import SignedRecord
from optin.protocol.signing import public_key
from optin.protocol.tree_head import TreeHead, check_receipt

RECORD = Consent("consent-001", ("photo",), (API, BACKUP), "backup", MORNING, None, {"network": "wifi"})
SEED, OTHER = b"s" * 32, b"o" * 32
LOG_KEY = KEYS.public[0]


def give(life, record=RECORD, seed=SEED, *, withdrawn=False):
    signed = SignedRecord.make(record, seed, withdrawn=withdrawn)
    return ask(life.cloud, Request("PUT", BACKUP, f"/v1/consents/{record.id}", (), signed.encoded))


def uploading(life, chunk, *, consent="consent-001", host=BACKUP, seed=SEED, body=None, nonce=bytes(16)):
    headers = ((CONSENT_HEADER, consent), ("Upload-Length", str(len(chunk.sealed))))
    whole = chunk.sealed if body is None else body
    request = Request("POST", host, f"/v1/chunks/{chunk.name}", headers, whole)
    return prove(request, consent, seed, life.now, nonce, digest=digest_of(chunk.sealed))


def put(life, chunk, **how):
    return ask(life.cloud, uploading(life, chunk, **how))


def reporting(life, report=None, consent="p", seed=SEED, nonce=bytes(16)):
    report = report or PreferenceReport("2014-W29", "VN-2014", 2.0, dict.fromkeys(QUESTIONS, 1))
    request = Request("POST", API, "/v1/preferences", ((CONSENT_HEADER, consent),), report.encode())
    return prove(request, consent, seed, life.now, nonce)


def on_vault(life, method, path, seed=SEED):
    key = public_key(seed)
    from optin.protocol.canonical import render_bytes

    request = Request(method, BACKUP, path, ((KEY_HEADER, render_bytes(key)),))
    return ask(life.cloud, prove(request, use_of_key(key), seed, life.now, bytes(16)))


def held(life):
    return dict(life.cloud.store.objects.values)


@pytest.fixture
def chunk():
    return seal(random.Random(3).randbytes(20_000), random.Random(2).randbytes)


def test_a_chunk_under_a_live_record_is_taken(life, chunk):
    assert give(life).status == 201
    assert put(life, chunk).status == 201
    assert held(life) == {(public_key(SEED).hex(), chunk.name): chunk.sealed}


def test_the_cloud_proves_that_it_logged_a_record(life):
    receipts = [
        (record, json.loads(give(life, record).body))
        for record in (replace(RECORD, id=f"consent-{number}") for number in range(5))
    ]
    for record, receipt in receipts:
        leaf = hash_leaf(SignedRecord.make(record, SEED).encoded)
        check_receipt(receipt, leaf, LOG_KEY)
        with pytest.raises(ValueError, match="does not show"):
            check_receipt(receipt, hash_leaf(b"another record"), LOG_KEY)
    heads = [TreeHead.parse(receipt["head"], LOG_KEY) for _, receipt in receipts]
    answer = ask(life.cloud, Request("GET", API, "/v1/log/consistency?first=2&second=5"))
    proof = [parse_bytes(step, 32) for step in json.loads(answer.body)["proof"]]
    assert extends(2, heads[1].root, 5, heads[4].root, proof)
    assert not extends(2, heads[0].root, 5, heads[4].root, proof), "a rewritten beginning does not pass"


def test_a_chunk_without_record_or_under_an_ended_one_is_refused(life, chunk):
    assert put(life, chunk).status == 403
    give(life, RECORD.revoked(MORNING + timedelta(hours=1)))
    life.now += timedelta(hours=2)
    answer = put(life, chunk)
    assert answer.status == 403
    assert json.loads(answer.body)["detail"] == "No live consent record covers this upload."
    assert held(life) == {}


def test_a_withdrawn_record_covers_nothing_any_more(life, chunk):
    give(life)
    life.now += timedelta(minutes=1)
    assert give(life, RECORD.revoked(life.now), withdrawn=True).status == 201
    assert put(life, chunk).status == 403


def test_a_withdrawn_record_that_is_replayed_does_not_come_to_life_again(life, chunk):
    give(life)
    life.now += timedelta(minutes=1)
    give(life, RECORD.revoked(life.now), withdrawn=True)
    assert give(life).status == 201, "its receipt is shown again"
    assert put(life, chunk).status == 403
    assert held(life) == {}


def test_the_service_routes_tell_sums_and_nobody_s_in_particular(life, chunk):
    front = Front(life.cloud, Journal(lambda _: None), None)
    assert ask(front, Request("GET", API, "/healthz")).status == 200
    give(life)
    put(life, chunk)
    ask(front, Request("GET", API, "/v1/log/head"))
    told = ask(front, Request("GET", API, "/metrics")).body.decode()
    assert 'optin_requests_total{method="GET",route="/v1/log/head",status="200"} 1' in told
    assert f"optin_held_chunk_bytes {len(chunk.sealed)}" in told
    assert chunk.name not in told
    assert public_key(SEED).hex() not in told


def test_health_is_bad_when_the_database_does_not_answer(life, tmp_path):
    life.cloud.store = Store(f"sqlite:///{tmp_path / 'cloud.sqlite'}")
    life.cloud.store.close()
    (tmp_path / "cloud.sqlite").write_bytes(b"damaged, " * 900)
    front = Front(life.cloud, Journal(lambda _: None), None)
    for path in ("/healthz", "/metrics"):
        answer = ask(front, Request("GET", API, path))
        assert (answer.status, answer.header("content-type")) == (503, "application/problem+json")


def test_a_stranger_can_withdraw_nothing(life, chunk):
    give(life)
    assert give(life, RECORD.revoked(life.now), seed=OTHER, withdrawn=True).status == 409
    assert put(life, chunk).status == 201


def test_a_foreign_request_is_refused(life, chunk):
    give(life)
    assert put(life, chunk, seed=OTHER).status == 403
    assert held(life) == {}


def test_a_forged_record_is_refused(life):
    signed = SignedRecord.make(RECORD, SEED).encoded
    forged = signed.replace(b'"photo"', b'"contact"')
    answer = ask(life.cloud, Request("PUT", BACKUP, "/v1/consents/consent-001", (), forged))
    assert answer.status == 400
    assert life.cloud.store.consents() == []


def test_a_backdated_record_and_one_of_tomorrow_are_refused(life):
    for start in (MORNING - timedelta(days=2), MORNING + timedelta(days=1)):
        assert give(life, replace(RECORD, start=start)).status == 422
    assert life.cloud.store.consents() == []


def test_a_replayed_report_is_refused(life):
    give(life, Consent("p", ("preference",), (API,), "recommendation", MORNING))
    request = reporting(life)
    assert ask(life.cloud, request).status == 202
    assert ask(life.cloud, request).status == 409
    assert {row[2] for row in life.cloud.store.preference_sums("2014-W29", "VN-2014")} == {1}
    life.now += timedelta(hours=1)
    assert ask(life.cloud, request).status == 403, "nor later"


@pytest.mark.parametrize("week", ["2014-W28", "2014-W30", "9999-W99"])
def test_a_report_about_another_week_is_refused(life, week):
    """Nobody adds to a week whose figures were drawn, or fills the tables with weeks to come."""
    give(life, Consent("p", ("preference",), (API,), "recommendation", MORNING))
    report = PreferenceReport(week, "VN-2014", 2.0, dict.fromkeys(QUESTIONS, 1))
    assert ask(life.cloud, reporting(life, report)).status == 422
    assert life.cloud.store.preference_sums(week, "VN-2014") == []


def test_a_proof_is_good_for_one_request_only(life):
    give(life, Consent("p", ("preference",), (API,), "recommendation", MORNING))
    other = PreferenceReport("2014-W29", "VN-2014", 2.0, dict.fromkeys(QUESTIONS, 0))
    request = replace(reporting(life), body=other.encode())
    assert ask(life.cloud, request).status == 400
    assert ask(life.cloud, replace(request, path="/v1/diagnostics")).status == 400


def test_a_record_for_another_host_does_not_cover(life, chunk):
    give(life)
    assert put(life, chunk, host="elsewhere.example").status == 403


def test_a_record_is_not_rewritten(life):
    give(life)
    wider = Consent("consent-001", ("photo", "contact"), (BACKUP,), "backup", MORNING)
    assert give(life, wider).status == 409
    assert life.cloud.store.consent("consent-001").record.consent == RECORD
    assert give(life).status == 201, "the same record again changes nothing"
    assert len(life.cloud.store.consents()) == 1


def test_a_report_needs_a_record_that_names_its_data(life):
    give(life)
    assert ask(life.cloud, reporting(life, consent="consent-001")).status == 403
    assert ask(life.cloud, replace(reporting(life), headers=())).status == 403
    assert life.cloud.store.preference_sums("2014-W29", "VN-2014") == []


@pytest.mark.parametrize("cut", [0, 1, 24, 16_000, 32_000])
def test_an_upload_goes_on_at_any_byte(life, chunk, cut):
    give(life)
    first = put(life, chunk, body=chunk.sealed[:cut])
    assert (first.status, first.header("upload-offset")) == (201, str(cut))
    assert on_vault(life, "GET", f"/v1/chunks/{chunk.name}").status == 404, "a part is not given out"
    progress = on_vault(life, "HEAD", f"/v1/chunks/{chunk.name}")
    assert progress.header("upload-offset") == str(cut)
    headers = ((CONSENT_HEADER, "consent-001"), ("Upload-Offset", str(cut)))
    rest = Request("PATCH", BACKUP, f"/v1/chunks/{chunk.name}", headers, chunk.sealed[cut:])
    whole = prove(rest, "consent-001", SEED, life.now, bytes(16), digest=digest_of(chunk.sealed))
    assert ask(life.cloud, whole).status == 204
    assert on_vault(life, "GET", f"/v1/chunks/{chunk.name}").body == chunk.sealed


def test_a_chunk_that_arrives_damaged_is_dropped(life, chunk):
    give(life)
    damaged = bytes([chunk.sealed[0] ^ 1]) + chunk.sealed[1:]
    assert put(life, chunk, body=damaged).status == 460
    assert held(life) == {}
    assert put(life, chunk).status == 201


def test_only_the_holder_of_the_key_reads_lists_and_deletes(life, chunk):
    give(life)
    put(life, chunk)
    path = f"/v1/chunks/{chunk.name}"
    for method in ("GET", "HEAD", "DELETE"):
        assert on_vault(life, method, path, seed=OTHER).status == 404
        assert ask(life.cloud, Request(method, BACKUP, path)).status == 401
    assert json.loads(on_vault(life, "GET", "/v1/chunks", seed=OTHER).body) == {"chunks": []}
    assert json.loads(on_vault(life, "GET", "/v1/chunks").body) == {
        "chunks": [[chunk.name, len(chunk.sealed)]]
    }
    assert on_vault(life, "DELETE", path).status == 204
    assert held(life) == {}


def test_erasing_gives_a_signed_receipt_and_leaves_no_byte(life, chunk):
    give(life)
    put(life, chunk)
    request = Request("POST", BACKUP, "/v1/erasures", ((CONSENT_HEADER, "consent-001"),))
    answer = ask(life.cloud, prove(request, "consent-001", SEED, life.now, bytes(16)))
    receipt = ErasureReceipt.parse(json.loads(answer.body), LOG_KEY)
    assert (receipt.chunks, receipt.size) == (1, len(chunk.sealed))
    assert held(life) == {}
    with pytest.raises(ValueError, match="signature"):
        ErasureReceipt.parse({**json.loads(answer.body), "chunks": 2}, LOG_KEY)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/consents/consent-001", b"\xff\x00"),
        ("PUT", "/v1/consents/consent-001", b"[]"),
        ("PUT", "/v1/consents/consent-001", b'{"id":"consent-001"}'),
        ("PUT", "/v1/consents/other", SignedRecord.make(RECORD, SEED).encoded),
        ("POST", "/v1/diagnostics", b"\x1f\x8b broken"),
        ("POST", "/v1/preferences", b'{"preference_report":{}}'),
        ("GET", "/v1/log/consistency?first=x", b""),
    ],
)
def test_what_is_malformed_is_refused_and_changes_nothing(life, method, path, body):
    answer = ask(life.cloud, Request(method, API, path, (), body))
    assert answer.status == 400
    assert set(json.loads(answer.body)) == {"title", "status", "detail"}
    assert life.cloud.store.consents() == []


def test_what_is_too_large_is_refused(life):
    assert ask(life.cloud, Request("POST", API, "/v1/chunks/" + "a" * 64, (), bytes(2_000_000))).status == 413


def test_unknown_paths_are_not_found(life):
    assert ask(life.cloud, Request("GET", API, "/")).status == 404
    assert ask(life.cloud, Request("DELETE", API, "/v1/preferences")).status == 405


def test_a_chunk_is_not_overwritten(life, chunk):
    give(life)
    put(life, chunk)
    other = seal(b"other content", random.Random(9).randbytes)
    forged = replace(chunk, sealed=other.sealed)
    assert put(life, forged).status == 409
    assert list(held(life).values()) == [chunk.sealed]
