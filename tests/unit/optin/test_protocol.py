"""The shared messages: what is written is read again, what is not one is refused in one sentence."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from optin.agent.preferences import EPSILON, compute_report, noise_from
from optin.protocol.answer import SoftwareUpdate
from optin.protocol.catalogue import Catalogue, Figures, Recommendation
from optin.protocol.chunk import HEADER_BYTES, LONGEST, PADDED_TO, DamagedChunkError, open_chunk, seal, split
from optin.protocol.consent import Consent
from optin.protocol.diagnostic import DiagnosticReport
from optin.protocol.exchange import Response
from optin.protocol.moment import parse_moment, render_moment
from optin.protocol.preference import QUESTIONS, REPORT_BYTES, PreferenceReport
from optin.protocol.signed_record import SignedRecord
from optin.protocol.signing import public_key

NOW = datetime(2014, 7, 22, 6, tzinfo=UTC)


@given(st.binary(max_size=70_000), st.integers(0, 1000))
def test_a_chunk_opens_to_what_was_sealed_and_its_size_says_little(content, seed):
    chunk = seal(content, random.Random(seed).randbytes)
    assert open_chunk(chunk.sealed, chunk.key) == content
    assert (len(chunk.sealed) - HEADER_BYTES - 17) % PADDED_TO == 0


def test_a_chunk_is_what_libsodium_itself_would_open():
    chunk = seal(b"content", random.Random(1).randbytes)
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, chunk.sealed[:24], chunk.key)
    padded, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, chunk.sealed[24:])
    assert tag == bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    assert bindings.sodium_unpad(padded, PADDED_TO) == b"content"


@pytest.mark.parametrize("place", [0, 23, 24, 100, -1])
def test_one_wrong_byte_and_a_chunk_stays_shut(place):
    chunk = seal(b"content", random.Random(1).randbytes)
    damaged = bytearray(chunk.sealed)
    damaged[place] ^= 1
    with pytest.raises(DamagedChunkError):
        open_chunk(bytes(damaged), chunk.key)


def test_a_chunk_cut_short_or_under_another_key_stays_shut():
    chunk = seal(b"content", random.Random(1).randbytes)
    for sealed, key in (
        (chunk.sealed[:10], chunk.key),
        (chunk.sealed[:-1], chunk.key),
        (chunk.sealed, bytes(32)),
    ):
        with pytest.raises(DamagedChunkError):
            open_chunk(sealed, key)


def test_what_is_larger_than_a_chunk_is_split_first():
    content = bytes(LONGEST * 2 + 1)
    assert [len(piece) for piece in split(content)] == [LONGEST, LONGEST, 1]
    assert split(b"") == [b""]
    with pytest.raises(ValueError, match="split the object first"):
        seal(content, random.Random(1).randbytes)


@given(
    st.lists(st.sampled_from(["photo", "sms.body", "contact"]), unique=True).map(tuple),
    st.booleans(),
    st.dictionaries(st.sampled_from(["network", "charging"]), st.sampled_from(["wifi", "on"])),
)
def test_a_consent_record_is_read_as_it_was_written(data, ended, when):
    until = NOW + timedelta(days=1) if ended else None
    record = Consent("consent-001", data, ("*.vendor.example",), "backup", NOW, until, when)
    assert Consent.parse(record.encode()) == record


def test_a_record_holds_from_its_start_up_to_its_end_and_under_its_conditions():
    record = Consent(
        "c", ("photo",), ("*.vendor.example",), "backup", NOW, NOW + timedelta(hours=1), {"network": "wifi"}
    )
    wifi = {"network": "wifi"}
    assert record.live(NOW, wifi)
    assert not record.live(NOW - timedelta(seconds=1), wifi)
    assert not record.live(NOW + timedelta(hours=1), wifi)
    assert not record.live(NOW, {"network": "mobile"})
    assert not record.live(NOW, {})
    assert record.covers("backup.vendor.example", ("photo",))
    assert not record.covers("vendor.example.evil.example", ("photo",))
    assert not record.covers("backup.vendor.example", ("photo", "contact"))


def test_a_revoked_record_never_lives_longer_by_being_revoked_again():
    record = Consent("c", (), ("h",), "p", NOW).revoked(NOW + timedelta(hours=1))
    assert record.revoked(NOW + timedelta(hours=5)) == record


def test_reports_and_answers_are_read_as_they_were_written():
    diagnostic = DiagnosticReport("SERIAL", "VN-2014", "KTU84P", {"battery": 3})
    assert DiagnosticReport.parse(diagnostic.encode()) == diagnostic
    update = SoftwareUpdate("5", "https://x.example/p", "ab" * 32, 7)
    assert SoftwareUpdate.parse(update.encode()) == update
    figures = Figures("2014-W29", 5000, 1.0, 3.0, {"games": (0.31, 0.1)})
    entries, seed = (Recommendation("a.b", "A", "games", 0.5),), bytes(32)
    for catalogue in (Catalogue(entries), Catalogue(entries, {("games", "music"): 1.5}, figures)):
        encoded = catalogue.encode(NOW, seed)
        assert Catalogue.parse(encoded, NOW, public_key(seed)) == catalogue
        with pytest.raises(ValueError, match="signature"):
            Catalogue.parse(encoded, NOW, public_key(bytes(31) + b"1"))
        with pytest.raises(ValueError, match="out of date"):
            Catalogue.parse(encoded, NOW + timedelta(days=15), public_key(seed))
    for bad in (
        Catalogue((Recommendation("a.b", "A", "games", 1.5),)),
        Catalogue(entries, {("games", "music"): 99.0}),
    ):
        with pytest.raises(ValueError, match="not a list"):
            Catalogue.parse(bad.encode(NOW, seed), NOW, public_key(seed))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"detail":"Check the clock."}', "Check the clock."),
        (b'{"detail":"\\u001b[2Jevil"}', " [2Jevil"),
        (b"<html>", "status 403"),
        (b"[" * 100_000, "status 403"),
    ],
)
def test_a_refusal_is_one_printable_line(body, told):
    assert Response(403, (), body).detail == told


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff", b'{"software_update":3}'])
def test_what_is_no_message_is_refused(data):
    for parse in (
        PreferenceReport.parse,
        DiagnosticReport.parse,
        SoftwareUpdate.parse,
        lambda data: Catalogue.parse(data, NOW, bytes(32)),
        Consent.parse,
        SignedRecord.parse,
    ):
        with pytest.raises(ValueError, match=r"."):
            parse(data)


def test_a_diagnostic_report_that_would_fill_the_memory_is_refused_unread():
    import gzip

    with pytest.raises(ValueError, match="not a diagnostic report"):
        DiagnosticReport.parse(gzip.compress(bytes(10_000_000)))


def test_every_preference_report_has_the_same_size():
    rng = random.Random(3)
    for minutes in ({}, dict.fromkeys(QUESTIONS, 600)):
        report = compute_report(minutes, "VN-2014", NOW, noise_from(rng.randbytes))
        assert len(report.encode()) == REPORT_BYTES
        assert PreferenceReport.parse(report.encode()) == report


def test_the_noise_is_that_of_the_stated_privacy_loss():
    """Each bit is told truly with probability e^x/(1+e^x), x the loss per bit; 20,000 reports, 4.5 sigma."""
    noise, count = noise_from(random.Random(11).randbytes), 20_000
    truthful = math.exp(EPSILON / len(QUESTIONS)) / (1 + math.exp(EPSILON / len(QUESTIONS)))
    told = sum(compute_report({"games": 600}, "VN-2014", NOW, noise).answers["games"] for _ in range(count))
    assert abs(told - count * truthful) < 4.5 * math.sqrt(count * truthful * (1 - truthful))


def test_times_are_utc_and_a_time_without_zone_is_refused():
    east = timezone(timedelta(hours=8))
    assert render_moment(datetime(2014, 7, 20, 8, tzinfo=east)) == "2014-07-20T00:00:00Z"
    assert parse_moment("2014-07-20T08:00:00+08:00") == datetime(2014, 7, 20, tzinfo=UTC)
    with pytest.raises(ValueError, match="names no zone"):
        parse_moment("2014-07-20T08:00:00")
    with pytest.raises(ValueError, match="without zone"):
        render_moment(datetime(2014, 7, 20))  # noqa: DTZ001
