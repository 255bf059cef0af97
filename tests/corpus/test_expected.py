"""Wireshark's sessions: the rows of expected.tsv for TLS with keys, HTTP/1.1 and HTTP/2, read from file to message."""

from __future__ import annotations

import base64
import csv
import json

import pytest
from decoded import read_tables

from wirewitness import decode

PHONES = ("10.9.0.1", "10.9.0.2", "10.42.0.1", "127.0.0.1", "10.0.0.1", "192.168.122.1")

MET = {
    "tls13-rfc8446.pcap",
    "tls12-dsb.pcapng",
    "tls12-chacha20poly1305.pcap",
    "tls13-20-chacha20poly1305.pcap",
    "dhe1.pcapng.gz",
    "tls-fragmented-handshakes.pcap.gz",
    "http-brotli.pcapng",
    "http-ooo.pcap",
    "http-ooo2.pcap",
    "retrans-tls.pcap",
    "packet-h2-14_headers.pcapng",
    "http2-data-reassembly.pcap",
    "http2-brotli.pcapng",
    "http2_follow_multistream.pcapng",
    "grpc_person_search_json_with_image.pcapng.gz",
    "grpc_person_search_protobuf_with_image.pcapng.gz",
    "grpc_person_search_protobuf_with_image-missing_headers.pcapng.gz",
    "grpc_stream_reassembly_sample.pcapng.gz",
    "grpc_web.pcapng.gz",
    "quic_follow_multistream.pcapng",
    "quic-fragmented-handshakes.pcapng.gz",
    "rsasnakeoil2.pcap",
    "rsa-p-lt-q.pcap",
    "tls-renegotiation.pcap",
    "dtls12-aes128ccm8-dsb.pcapng",
}

OUT_OF_SCOPE: dict[str, str] = {}


@pytest.fixture
def tables(corpus, tmp_path):
    def read(name, *keys):
        folder = corpus / "wireshark"
        paths = [folder / "keys" / key for key in keys]
        return read_tables(folder / "captures" / name, tmp_path, keys=paths, phone=PHONES)

    return read


@pytest.fixture
def texts(bodies):
    """As `bodies`, for bodies that are text."""
    return lambda *args, **named: [body.decode() for body in bodies(*args, **named)]


@pytest.fixture
def bodies(corpus):
    """The bodies (or another place) of one side, each derived again from the capture as `wirewitness show` does it."""

    def read(found, name, *keys, from_client=False, place="body"):
        folder = corpus / "wireshark"
        keylogs = [(folder / "keys" / key).read_bytes() for key in keys]
        return [
            decode.rederive(
                [folder / "captures" / name],
                decode.MessageRef(row["flow"], row["stream"], row["number"], from_client, place, ()),
                keylogs=keylogs,
            )[-1].data
            for row in found["message"]
            if row["from_client"] == from_client
        ]

    return read


def targets(found):
    return [row["target"] for row in found["message"] if row["method"]]


def unread(found):
    return {flow["opaque_reason"] for flow in found["flow"] if flow["opaque_reason"]}


def test_every_row_is_met_or_left_out_for_a_reason(corpus):
    with (corpus / "wireshark" / "expected.tsv").open() as table:
        rows = {row["capture"] for row in csv.DictReader(table, delimiter="\t")}
    assert rows == MET | set(OUT_OF_SCOPE)
    assert all(OUT_OF_SCOPE.values())
    assert set(OUT_OF_SCOPE) & MET == set()


RFC8446 = [
    "Request for /first, version TLSv1.3, Early data: no\n",
    "Request for /early, version TLSv1.3, Early data: yes\n",
    "Request for /second, version TLSv1.3, Early data: yes\n",
]


def test_early_data_is_read_with_its_secret(tables, texts):
    session = ("tls13-rfc8446.pcap", "tls13-rfc8446.keys")
    found = tables(*session)
    assert targets(found) == ["/first", "/early", "/second"]
    assert texts(found, *session) == RFC8446
    assert unread(found) == set()


def test_early_data_without_its_secret_is_unread_and_said(tables, texts):
    session = ("tls13-rfc8446.pcap", "tls13-rfc8446-noearly.keys")
    found = tables(*session)
    assert targets(found) == ["/first", "/second"]
    assert texts(found, *session) == RFC8446, "the answer to /early is under another secret"
    assert unread(found) == {"no_early_secret"}
    assert any(flow["app_bytes_client"] > flow["readable_bytes_client"] > 0 for flow in found["flow"])


def test_datagrams_of_dtls_are_opened_with_the_secrets_in_the_capture(tables, texts):
    name = "dtls12-aes128ccm8-dsb.pcapng"
    found = tables(name)
    (flow,) = found["flow"]
    assert (flow["protocol"], flow["tls_version"]) == ("dtls", "DTLS 1.2")
    assert flow["cipher"] == "TLS_PSK_WITH_AES_128_CCM_8"
    said = "".join(text for up in (True, False) for text in texts(found, name, from_client=up))
    assert said.count("Works for me!\n") >= 1, said
    assert unread(found) == {"unknown_protocol"}, "opened, but of a protocol that nobody knows"


def test_several_secrets_blocks_open_their_sessions(tables):
    found = tables("tls12-dsb.pcapng")
    assert [row["host"] for row in found["message"] if row["status"] == 200] == ["example.com", "example.net"]
    assert {flow["sni"] for flow in found["flow"]} == {"example.com", "example.net"}


def test_chacha20_in_seven_kinds_of_key_exchange(tables, texts):
    session = ("tls12-chacha20poly1305.pcap", "tls12-chacha20poly1305.keys")
    found = tables(*session)
    said = texts(found, *session)
    openssl = {
        flow["cipher"].removeprefix("TLS_").removesuffix("_SHA256").replace("_WITH_", "_").replace("_", "-")
        for flow in found["flow"]
    }
    assert len(said) == len(openssl) == 7
    assert {name for name in openssl if any(f"Cipher is {name}\n" in text for text in said)} == openssl
    assert unread(found) == set()


def test_a_draft_of_tls_1_3(tables, texts):
    session = ("tls13-20-chacha20poly1305.pcap", "tls13-20-chacha20poly1305.keys")
    found = tables(*session)
    assert {flow["tls_version"] for flow in found["flow"]} == {"TLS 1.3 (draft 20)"}
    pages = texts(found, *session)
    assert len(pages) == 2
    assert all("TLS13-CHACHA20-POLY1305-SHA256" in page for page in pages)
    assert texts(found, *session, from_client=True) == ["GET / HTTP/1.1\r\n"] * 2


def test_a_request_line_without_an_end_is_decrypted_and_said(tables, texts):
    session = ("dhe1.pcapng.gz", "dhe1_keylog.dat")
    found = tables(*session)
    (flow,) = found["flow"]
    assert flow["tls_version"] == "TLS 1.0"
    assert texts(found, *session, from_client=True) == ["GET /test HTTP/1.0\n"]
    assert targets(found) == [], "a head without its end is no request"
    assert unread(found) == {"unknown_protocol"}
    assert [row["kind"] for row in found["anomaly"]] == ["http_malformed"]


def test_ssl_3_is_opened_by_the_servers_private_key_also_where_a_session_goes_on(tables):
    found = tables("rsasnakeoil2.pcap", "rsasnakeoil2.key")
    assert {flow["tls_version"] for flow in found["flow"]} == {"SSL 3"}
    assert len(found["flow"]) > 1
    assert any("favicon.ico" in target for target in targets(found)), "it stands in a resumed session"
    assert unread(found) == set()


@pytest.mark.parametrize("key", ["rsa-p-lt-q.key", "rsa-p-lt-q.p8"])
def test_a_private_key_whose_first_prime_is_the_smaller(tables, key):
    found = tables("rsa-p-lt-q.pcap", key)
    assert targets(found) == ["/"]
    assert unread(found) == set()


def test_every_handshake_of_a_renegotiated_connection_is_opened(tables, bodies):
    session = ("tls-renegotiation.pcap", "rsasnakeoil2.key")
    found = tables(*session)
    lengths = sorted(
        len(body) for side in (True, False) for body in bodies(found, *session, from_client=side)
    )
    assert lengths == [0, 2151]
    assert unread(found) == set()


def test_brotli(tables, texts):
    found = tables("http-brotli.pcapng")
    assert targets(found) == ["/test.txt"]
    assert [row["content_encoding"] for row in found["message"] if row["status"]] == ["br"]
    assert texts(found, "http-brotli.pcapng") == [
        "This is a test file for testing brotli decompression in Wireshark\n"
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "http-ooo.pcap",
            {"PUT /1": "1\n2\n", "GET /2": "", "PUT /3": "after\n", "PUT /4": "four\n", "PUT /5": "DATA"},
        ),
        ("http-ooo2.pcap", {"PUT /0": "1\n2\n3\n"}),
    ],
)
def test_requests_out_of_order_are_read_whole(tables, texts, name, wanted):
    found = tables(name)
    heads = [f"{row['method']} {row['target']}" for row in found["message"]]
    assert dict(zip(heads, texts(found, name, from_client=True), strict=True)) == wanted
    assert all(row["complete"] for row in found["message"])
    assert found["anomaly"] == []


def test_retransmission_makes_no_gap_and_no_duplicate(tables):
    found = tables("retrans-tls.pcap")
    (flow,) = found["flow"]
    assert flow["gap_bytes_client"] == 0
    assert flow["retransmitted_bytes_client"] > 0
    assert flow["payload_bytes_client"] == 21, "one record: five bytes of header, sixteen of content"
    assert flow["app_bytes_client"] == 16
    assert found["anomaly"] == []


def test_handshakes_in_many_records_are_nothing_odd(tables):
    found = tables("tls-fragmented-handshakes.pcap.gz")
    assert found["anomaly"] == []
    assert all(flow["ja4"] for flow in found["flow"])
    assert {flow["sni"] for flow in found["flow"]} == {""}, "its hellos name no server"


def test_http2_in_clear_with_a_compressed_header(tables, bodies):
    found = tables("packet-h2-14_headers.pcapng")
    (flow,) = found["flow"]
    assert flow["protocol"] == "h2"
    assert targets(found)[0] == "/doc/manual/html/index.html"
    agents = bodies(found, "packet-h2-14_headers.pcapng", from_client=True, place="header:user-agent")
    assert all(agent.startswith(b"nghttp2/") for agent in agents)
    (answer,) = (row for row in found["message"] if row["status"])
    assert (answer["stream"], answer["host"]) == (1, "localhost"), "an answer belongs to its own request"
    assert found["anomaly"] == []


def test_an_image_in_many_frames_is_whole(tables, bodies):
    session = ("http2-data-reassembly.pcap", "http2-data-reassembly.keys")
    found = tables(*session)
    (image,) = bodies(found, *session)
    assert image.startswith(b"\x89PNG\r\n")
    assert image.endswith(b"IEND\xae\x42\x60\x82")
    assert image.count(b"IEND") == 1, "no frame's head is left inside"
    assert unread(found) == set()


def test_brotli_over_http2(tables, texts):
    found = tables("http2-brotli.pcapng")
    assert texts(found, "http2-brotli.pcapng") == [
        "This is a test file for testing brotli decompression in Wireshark\n"
    ]
    assert [row["content_encoding"] for row in found["message"] if row["status"]] == ["br"]


def test_streams_are_kept_apart(tables, bodies):
    found = tables("http2_follow_multistream.pcapng")
    asked = {row["stream"]: row["target"] for row in found["message"] if row["method"]}
    answers = [row for row in found["message"] if row["status"]]
    assert set(asked) == {row["stream"] for row in answers}, "each request has its answer on its own stream"
    assert len(asked) == len(answers)
    assert all(row["complete"] for row in answers)
    read = dict(
        zip((row["stream"] for row in answers), bodies(found, "http2_follow_multistream.pcapng"), strict=True)
    )
    begins = {".svg": (b"<svg", b"<?xml"), ".png": (b"\x89PNG",), ".woff2": (b"wOF2",)}
    for stream, target in asked.items():
        for ending, starts in begins.items():
            if target.endswith(ending):
                assert read[stream].lstrip().startswith(starts), target
    assert unread(found) == set()


def of_protocol(found, protocol):
    return {**found, "message": [row for row in found["message"] if row["protocol"] == protocol]}


def test_grpc_with_json_and_an_image(tables, bodies):
    name = "grpc_person_search_json_with_image.pcapng.gz"
    grpc = of_protocol(tables(name), "grpc")
    asked, answered = (bodies(grpc, name, from_client=side) for side in (True, False))
    assert len(asked) == 1
    assert len(answered) == 2, "each answer of the stream is a message of its own"
    assert all(body.startswith(b"{") and body.endswith(b"}") for body in asked + answered)
    assert b"87561234" in answered[0]
    heads = of_protocol(tables(name), "h2")
    assert bodies(heads, name, place="trailer:grpc-status") == [b"0"]
    image = base64.b64decode(json.loads(answered[1])["portraitImage"])
    assert image.startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    "name",
    [
        "grpc_person_search_protobuf_with_image.pcapng.gz",
        "grpc_person_search_protobuf_with_image-missing_headers.pcapng.gz",
    ],
)
def test_grpc_with_protobuf_is_read_without_its_headers_too(tables, bodies, name):
    found = tables(name)
    assert {flow["protocol"] for flow in found["flow"]} == {"h2"}
    jason, lily = bodies(of_protocol(found, "grpc"), name)
    assert jason.startswith(b"\x0a\x05Jason")
    assert lily.startswith(b"\x0a\x04Lily")
    assert b"PNG" in lily, "an image inside the message"
    assert unread(found) == set()


def test_a_long_stream_of_grpc_messages(tables, bodies):
    name = "grpc_stream_reassembly_sample.pcapng.gz"
    grpc = of_protocol(tables(name), "grpc")
    sent = bodies(grpc, name, from_client=True)
    rows = [row for row in grpc["message"] if row["from_client"]]
    whole = [
        json.loads(body)
        for row, body in zip(rows, sent, strict=True)
        if row["stream"] == 3 and row["complete"]
    ]
    assert [message["seq"] for message in whole] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [row["number"] for row in rows if row["stream"] == 3] == list(range(1, 11)), "the tenth is cut"


def test_grpc_web_in_both_versions_of_http_and_in_base64(tables, bodies):
    name = "grpc_web.pcapng.gz"
    found = tables(name)
    asked = [row for row in found["message"] if row["method"]]
    assert {row["content_type"] for row in asked} == {"application/grpc-web", "application/grpc-web-text"}
    assert {row["protocol"] for row in asked} == {"http/1.1", "h2"}
    grpc = of_protocol(found, "grpc-web")
    for side in (True, False):
        rows = [row for row in grpc["message"] if row["from_client"] == side]
        read = zip(rows, bodies(grpc, name, from_client=side), strict=True)
        with_it = {row["flow"] for row, body in read if b"88888888" in body}
        assert with_it == {row["flow"] for row in asked}, "in every connection, both ways"
    assert len({row["flow"] for row in asked}) == 7


def test_http3_of_a_browser_is_read_whole(tables, bodies):
    found = tables("quic_follow_multistream.pcapng")
    (flow,) = found["flow"]
    assert (flow["protocol"], flow["sni"]) == ("h3", "www.youtube.com")
    assert len(targets(found)) == 22
    assert all(row["complete"] for row in found["message"])
    pages = bodies(found, "quic_follow_multistream.pcapng")
    kinds = [row["content_type"] for row in found["message"] if row["status"]]
    for page, kind in zip(pages, kinds, strict=True):
        if kind.startswith("application/json"):
            assert page.lstrip(b")]}'\n").startswith((b"{", b"[")), kind
    assert found["anomaly"] == []


def test_hellos_in_pieces_out_of_order_and_after_a_retry_name_their_servers(tables):
    found = tables("quic-fragmented-handshakes.pcapng.gz")
    assert len(found["flow"]) == 17
    assert {flow["protocol"] for flow in found["flow"]} == {"quic", "h3"}
    assert all(flow["ja4"].startswith("q") for flow in found["flow"])
    assert [flow["client_port"] for flow in found["flow"] if not flow["sni"]] == [58822], "it names no server"
    assert {row["kind"] for row in found["anomaly"]} == {"capture_filtered"}, (
        "only what the recorder says of itself"
    )
