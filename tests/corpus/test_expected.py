"""Wireshark's sessions: the rows of expected.tsv for TLS with keys and HTTP/1.1, read from file to message.

Out of scope here, each for its reason: HTTP/2, gRPC, QUIC and DTLS rows (not decoded yet), the rows that need a
server's private RSA key (rsasnakeoil2, rsa-p-lt-q, tls-renegotiation), and the server name of
tls-fragmented-handshakes, whose hellos name none.
"""

from __future__ import annotations

import pytest
from decoded import read_tables

from wirewitness.model.errors import InputError

PHONES = ("10.9.0.1", "10.9.0.2", "10.42.0.1", "127.0.0.1", "10.0.0.1", "192.168.122.1")


@pytest.fixture
def tables(corpus, tmp_path):
    def read(name, *keys):
        folder = corpus / "wireshark"
        paths = [folder / "keys" / key for key in keys]
        return read_tables(folder / "captures" / name, tmp_path, keys=paths, phone=PHONES)

    return read


def targets(found):
    return [row["target"] for row in found["message"] if row["method"]]


def unread(found):
    return {flow["opaque_reason"] for flow in found["flow"] if flow["opaque_reason"]}


def test_early_data_is_read_with_its_secret(tables):
    found = tables("tls13-rfc8446.pcap", "tls13-rfc8446.keys")
    assert targets(found) == ["/first", "/early", "/second"]
    assert unread(found) == set()


def test_early_data_without_its_secret_is_unread_and_said(tables):
    found = tables("tls13-rfc8446.pcap", "tls13-rfc8446-noearly.keys")
    assert targets(found) == ["/first", "/second"]
    assert unread(found) == {"no_early_secret"}
    assert len([row for row in found["message"] if row["status"] == 200]) == 3


def test_several_secrets_blocks_open_their_sessions(tables):
    found = tables("tls12-dsb.pcapng")
    assert {flow["sni"] for flow in found["flow"]} == {"example.com", "example.net"}
    assert [row["status"] for row in found["message"] if row["status"]] == [200, 200]


def test_chacha20_in_seven_kinds_of_key_exchange(tables):
    found = tables("tls12-chacha20poly1305.pcap", "tls12-chacha20poly1305.keys")
    assert len({flow["cipher"] for flow in found["flow"]}) == 7
    assert all(row["body_bytes"] > 4000 for row in found["message"] if row["status"])
    assert unread(found) == set()


def test_a_draft_of_tls_1_3(tables):
    found = tables("tls13-20-chacha20poly1305.pcap", "tls13-20-chacha20poly1305.keys")
    assert {flow["tls_version"] for flow in found["flow"]} == {"TLS 1.3 (draft 20)"}
    assert [row["status"] for row in found["message"] if row["status"]] == [200, 200]


def test_a_request_line_without_an_end_is_decrypted_but_no_message(tables):
    found = tables("dhe1.pcapng.gz", "dhe1_keylog.dat")
    (flow,) = found["flow"]
    assert flow["tls_version"] == "TLS 1.0"
    assert flow["app_bytes_client"] == len("GET /test HTTP/1.0\n")
    assert unread(found) == {"unknown_protocol"}


def test_brotli(tables):
    found = tables("http-brotli.pcapng")
    assert targets(found) == ["/test.txt"]
    assert [row["content_encoding"] for row in found["message"] if row["status"]] == ["br"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("http-ooo.pcap", ["/1", "/2", "/3", "/4", "/5"]), ("http-ooo2.pcap", ["/0"])],
)
def test_requests_out_of_order_are_read_whole(tables, name, wanted):
    found = tables(name)
    assert targets(found)[: len(wanted)] == wanted
    assert all(row["complete"] for row in found["message"])


def test_retransmission_makes_no_gap_and_no_duplicate(tables):
    found = tables("retrans-tls.pcap")
    (flow,) = found["flow"]
    assert flow["gap_bytes_client"] == 0
    assert flow["retransmitted_bytes_client"] > 0


def test_handshakes_in_many_records_are_nothing_odd(tables):
    found = tables("tls-fragmented-handshakes.pcap.gz")
    assert found["anomaly"] == []
    assert all(flow["ja4"] for flow in found["flow"])


def sentence_about(path, into):
    """Why the capture is refused, or nothing when it is read."""
    try:
        read_tables(path, into)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("folder", ["zeek", "tcpdump", "pcapng-suite", "wireshark", "suricata-verify"])
def test_every_capture_is_read_or_refused_with_a_sentence(corpus, tmp_path, folder):
    read = refused = 0
    for path in sorted((corpus / folder).rglob("*")):
        if not path.is_file() or not {".pcap", ".pcapng", ".cap", ".trace"} & set(path.suffixes):
            continue
        sentence = sentence_about(path, tmp_path)
        read += sentence == ""
        refused += sentence != ""
        assert sentence == "" or str(path) in sentence
    assert read > refused * 5
