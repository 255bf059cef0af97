"""QUIC and HTTP/3 as aioquic speaks them, and captures of it that are bent: what went up is read, or said to be unread."""

from __future__ import annotations

import random
import struct

import pytest
from decoded import read_tables
from quic_pair import CLOUD, PHONE, Datagram, QuicPair, Web, pcap

from wirewitness import case, decode

BODY = b'{"imei":"490154203237518","text":"' + b"planted " * 800 + b'"}'


class Seen:
    """The tables of a capture, and the bodies that went up, each derived again from it."""

    def __init__(self, folder, wire, keys: bytes) -> None:
        (folder / "keys.log").write_bytes(keys)
        self.path, self.keys = folder / "c.pcap", keys
        self.path.write_bytes(pcap(wire))
        (folder / "tables").mkdir(exist_ok=True)
        self.tables = read_tables(
            self.path, folder / "tables", [folder / "keys.log"], phone=(PHONE[0], "10.9.0.2")
        )
        self.flows = self.tables["flow"]
        self.asked = [row for row in self.tables["message"] if row["method"]]
        self.anomalies = [row["kind"] for row in self.tables["anomaly"]]

    def body(self, row) -> bytes:
        ref = decode.MessageRef(row["flow"], row["stream"], row["number"], row["from_client"], "body", ())
        return decode.rederive([self.path], ref, keylogs=[self.keys])[-1].data

    @property
    def unread(self) -> dict[str, int]:
        lost = {f["opaque_reason"]: f["app_bytes_client"] - f["readable_bytes_client"] for f in self.flows}
        return {reason: count for reason, count in lost.items() if reason}


@pytest.fixture
def see(tmp_path):
    return lambda wire, keys=b"": Seen(tmp_path, wire, keys)


def talk(requests: int = 3, **settings) -> Web:
    web = Web(settings=settings)
    for number in range(requests):
        web.ask(f"/up/{number}", BODY + b"%d" % number, x_own=f"value-{number}", user_agent="agent/1")
        web.run()
    return web


CIPHERS = ["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"]


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("version", [0x1, 0x6B3343CF])
def test_requests_are_read_word_for_word_in_each_cipher_and_version(see, cipher, version):
    from aioquic.tls import CipherSuite

    web = talk(cipher_suites=[CipherSuite[cipher]], original_version=version, supported_versions=[version])
    seen = see(web.wire, web.keys)
    (flow,) = seen.flows
    assert (flow["protocol"], flow["sni"], flow["alpn"]) == ("h3", "cloud.example", "h3")
    assert (flow["tls_version"], flow["cipher"]) == ("TLS 1.3", f"TLS_{cipher}")
    assert flow["ja4"].startswith("q13d")
    assert "cloud.example" in flow["cert_subject"]
    assert [row["target"] for row in seen.asked] == ["/up/0", "/up/1", "/up/2"]
    assert [row["host"] for row in seen.asked] == ["cloud.example"] * 3
    assert [seen.body(row) for row in seen.asked] == [BODY + b"%d" % number for number in range(3)]
    assert [row["status"] for row in seen.tables["message"] if not row["from_client"]] == [200] * 3
    assert all(row["complete"] for row in seen.tables["message"])
    assert seen.unread == {}
    assert seen.anomalies == []


def test_the_name_is_known_without_keys_and_the_rest_is_counted(see):
    web = talk()
    seen = see(web.wire)
    (flow,) = seen.flows
    assert (flow["protocol"], flow["sni"], flow["alpn"]) == ("quic", "cloud.example", "h3")
    assert flow["client_random"]
    assert flow["readable_bytes_client"] == 0
    assert seen.unread["no_keys"] > 3 * len(BODY)
    assert seen.tables["message"] == []


def test_keys_of_another_session_open_nothing_and_are_told(see):
    seen = see(talk().wire, talk().keys)
    assert seen.tables["message"] == []
    assert set(seen.unread) == {"no_keys"}
    assert seen.anomalies == ["keys_unused"]


def test_a_wrong_secret_opens_nothing(see):
    web = talk()
    wrong = b"\n".join(line[:-2] + b"00" for line in web.keys.splitlines())
    seen = see(web.wire, wrong)
    assert seen.tables["message"] == []
    assert set(seen.unread) == {"keys_do_not_fit"}


def test_key_updates_of_both_sides_are_followed(see):
    web = talk(1)
    for number in range(1, 5):
        (web.client if number % 2 else web.server).request_key_update()
        web.ask(f"/up/{number}", BODY + b"%d" % number)
        web.run()
    seen = see(web.wire, web.keys)
    assert [seen.body(row) for row in seen.asked] == [BODY + b"%d" % number for number in range(5)]
    assert seen.unread == {}


def test_a_connection_that_moves_stays_one_and_its_new_path_is_named(see):
    web = talk(1)
    web.phone = ("10.9.0.2", 51_000)
    web.client.change_connection_id()
    web.ask("/moved", BODY)
    web.run()
    seen = see(web.wire, web.keys)
    first, path = sorted(seen.flows, key=lambda flow: flow["first_packet"])
    assert (path["client"], path["protocol"], path["host"]) == ("10.9.0.2", "quic", "cloud.example")
    assert path["payload_bytes_client"] > len(BODY)
    assert path["app_bytes_client"] == 0, "counted where the connection began, and once"
    assert [row["flow"] for row in seen.asked] == [first["id"]] * 2
    assert seen.body(seen.asked[1]) == BODY


def test_a_new_connection_between_the_same_ends_is_a_flow_of_its_own(see):
    one, two = talk(1), talk(1)
    seen = see(one.wire + two.wire, one.keys + two.keys)
    assert [flow["id"][-2:] for flow in sorted(seen.flows, key=lambda flow: flow["id"])] == ["#0", "#1"]
    assert len(seen.asked) == 2
    assert seen.unread == {}


def test_datagrams_in_another_order_say_the_same(see):
    web = talk()
    wire = list(web.wire)
    for at in range(0, len(wire) - 3, 3):
        wire[at : at + 3] = reversed(wire[at : at + 3])
    seen = see(wire, web.keys)
    assert sorted(seen.body(row) for row in seen.asked) == [BODY + b"%d" % number for number in range(3)]
    assert seen.unread == {}


def test_copies_of_datagrams_count_once(see):
    web = talk()
    once, twice = see(web.wire, web.keys).flows, see([d for d in web.wire for _ in "12"], web.keys).flows
    assert once[0]["app_bytes_client"] == twice[0]["app_bytes_client"]
    assert once[0]["packets_client"] * 2 == twice[0]["packets_client"]


def test_what_the_capture_lost_is_a_hole_and_no_later_packet_is_lost_with_it(see):
    web = talk(40)
    large = [n for n, d in enumerate(web.wire) if d.up and len(d.data) > 1000][3:]
    lost = random.Random(7).sample(large, 5)
    seen = see([d for n, d in enumerate(web.wire) if n not in lost], web.keys)
    complete = [row for row in seen.asked if row["complete"]]
    assert 30 <= len(complete) < 40
    for row in complete:
        assert seen.body(row).startswith(BODY)
    assert "keys_do_not_fit" not in seen.unread


def test_three_hundred_packets_lost_in_a_row_do_not_lose_the_rest(see):
    web = talk(60)
    wire = web.wire
    assert len(wire) > 500
    seen = see(wire[:20] + wire[-30:], web.keys)
    assert any(row["target"] == "/up/59" for row in seen.asked)
    assert "keys_do_not_fit" not in seen.unread


def test_a_capture_that_begins_later_is_unread_and_says_so(see):
    web = talk()
    seen = see(web.wire[8:], web.keys)
    assert seen.tables["message"] == [] or all(row["protocol"] == "unknown" for row in seen.tables["message"])
    assert sum(flow["readable_bytes_client"] for flow in seen.flows) == 0
    assert seen.unread


def test_a_capture_cut_anywhere_says_what_the_whole_says_before_the_cut(see):
    web = talk(2)
    whole = {(row["stream"], row["target"]): row["body_bytes"] for row in see(web.wire, web.keys).asked}
    for cut in range(len(web.wire)):
        seen = see(web.wire[:cut], web.keys)
        for row in seen.asked:
            assert row["body_bytes"] <= whole[row["stream"], row["target"]]
            assert BODY.startswith(seen.body(row)[: len(BODY)])


def test_damaged_datagrams_are_counted_and_the_rest_is_read(see):
    web = talk()
    rng = random.Random(11)
    noise = [
        Datagram(True, bytes([first]) + rng.randbytes(rng.randrange(1, 200))) for first in rng.randbytes(200)
    ]
    wire = [*web.wire[:12], *noise, *web.wire[12:]]
    seen = see(wire, web.keys)
    assert len([row for row in seen.asked if row["complete"]]) == 3
    assert sum(seen.unread.values()) > 0


def test_a_refused_certificate_is_an_aborted_handshake(see):
    web = Web(settings={"verify_mode": 2})
    seen = see(web.wire, web.keys)
    (flow,) = seen.flows
    assert flow["state"] == "aborted_handshake"
    assert flow["alert"].startswith("client ")
    assert flow["sni"] == "cloud.example"


def test_a_phone_that_gets_no_answer_has_no_conversation(see):
    web = talk(0)
    seen = see([datagram for datagram in web.wire if datagram.up][:1])
    (flow,) = seen.flows
    assert (flow["sni"], flow["state"], flow["app_bytes_client"]) == ("cloud.example", "unanswered", 0)


def test_a_version_that_is_not_known_is_answered_by_others_and_then_read(see):
    offer = bytes([0xC0, 0x1A, 0x2A, 0x3A, 0x4A, 8]) + bytes(8) + b"\x08" + bytes(8) + bytes(1180)
    others = bytes([0x80, 0, 0, 0, 0, 8]) + bytes(8) + b"\x08" + bytes(8) + struct.pack(">I", 1)
    web = talk()
    seen = see([Datagram(True, offer), Datagram(False, others), *web.wire], web.keys)
    assert len(seen.asked) == 3
    assert seen.unread == {"encrypted_transport": len(offer)}


def test_a_retry_changes_ids_and_keys_and_all_is_read(see):
    pair = Web(retries=True)
    pair.ask("/after/retry", BODY)
    pair.run()
    retries = [datagram for datagram in pair.wire if not datagram.up and datagram.data[0] & 0xF0 == 0xF0]
    assert len(retries) == 1
    seen = see(pair.wire, pair.keys)
    (flow,) = seen.flows
    assert (flow["sni"], flow["protocol"]) == ("cloud.example", "h3")
    assert [seen.body(row) for row in seen.asked] == [BODY]
    assert seen.unread == {}
    assert see(pair.wire).flows[0]["sni"] == "cloud.example", "its first keys follow from the new id"


def test_early_data_is_read_with_its_secret_and_counted_without(see):
    first = talk(1)
    again = Web(
        settings={"session_ticket": first.tickets[-1]},
        known=first.known,
        early=[("/early", BODY), ("/two", b"2")],
    )
    again.run()
    early = [datagram for datagram in again.wire if datagram.up and datagram.data[0] & 0xF0 == 0xD0]
    assert early, "packets of early data"
    seen = see(again.wire, again.keys)
    assert {row["target"]: seen.body(row) for row in seen.asked} == {"/early": BODY, "/two": b"2"}
    assert seen.unread == {}
    late = b"\n".join(line for line in again.keys.splitlines() if b"EARLY" not in line)
    without = see(again.wire, late)
    assert set(without.unread) == {"no_early_secret"}
    assert without.unread["no_early_secret"] > len(BODY) // 2


def test_a_hello_in_several_packets_and_packets_in_one_datagram_are_joined(see):
    names = [f"a-protocol-with-a-long-name-{number:040}" for number in range(30)]
    web = Web(settings={"alpn_protocols": ["h3", *names]})
    web.ask("/long", BODY)
    web.run()
    hello = [datagram for datagram in web.wire[:3] if datagram.up]
    assert len(hello) >= 2, "the hello is longer than a datagram"
    assert any(not d.up and len(packets_of(d.data)) > 1 for d in web.wire), "packets share a datagram"
    for wire in (web.wire, [web.wire[1], web.wire[0], *web.wire[2:]]):
        seen = see(wire, web.keys)
        assert seen.flows[0]["sni"] == "cloud.example"
        assert [seen.body(row) for row in seen.asked] == [BODY]
        assert seen.unread == {}


def packets_of(datagram: bytes) -> list[bytes]:
    """The packets with long headers in a datagram."""
    from aioquic.buffer import Buffer
    from aioquic.quic.packet import pull_quic_header

    found, at = [], 0
    while at < len(datagram) and datagram[at] & 0x80:
        buffer = Buffer(data=datagram[at:])
        header = pull_quic_header(buffer, host_cid_length=8)
        found.append(datagram[at : at + header.packet_length])
        at += header.packet_length
    return found


def test_dns_over_quic_is_read_as_dns(see):
    def answer(pair, event):
        data = getattr(event, "data", b"")
        if data:
            pair.server.send_stream_data(event.stream_id, data[:4] + b"\x81\x80" + data[6:], end_stream=True)

    pair = QuicPair(alpn="doq", answer=answer)
    for name in (b"mail", b"photos"):
        question = b"\0\0\x01\0\0\x01\0\0\0\0\0\0" + bytes([len(name)]) + name + b"\x07example\0\0\x01\0\x01"
        stream = pair.client.get_next_available_stream_id()
        pair.client.send_stream_data(stream, struct.pack(">H", len(question)) + question, end_stream=True)
        pair.run()
    seen = see(pair.wire, pair.keys)
    asked = {row["question"] for row in seen.tables["name"] if not row["answered"]}
    assert asked == {"mail.example", "photos.example"}
    assert {row["stream"] for row in seen.tables["message"]} == {0, 4}
    assert seen.unread == {}


def test_other_protocols_and_datagrams_are_looked_at_and_stay_unread(see):
    pair = QuicPair(alpn="own", settings={"max_datagram_frame_size": 65_536})
    pair.client.send_stream_data(0, b"own framing " + BODY, end_stream=True)
    pair.client.send_datagram_frame(b"alone " + b"x" * 500)
    pair.run()
    seen = see(pair.wire, pair.keys)
    assert {row["protocol"] for row in seen.tables["message"]} == {"unknown"}
    bodies = [seen.body(row) for row in seen.tables["message"] if row["from_client"]]
    assert sorted(bodies) == sorted([b"own framing " + BODY, b"alone " + b"x" * 500])
    assert seen.unread["unknown_protocol"] == len(BODY) + 12 + 506
    assert CLOUD[0] == seen.flows[0]["server"]


def test_a_fact_sent_over_http3_is_found_and_derived_again(tmp_path):
    web = talk(1)
    web.ask("/hidden", BODY, x_device="490154203237518")
    web.run()
    (tmp_path / "c.pcap").write_bytes(pcap(web.wire))
    (tmp_path / "keys.log").write_bytes(web.keys)
    (tmp_path / "owner.toml").write_text(
        'format = "wirewitness-owner/1"\n[[fact]]\nid = "imei"\nkind = "identifier.imei"\n'
        'value = "490154203237518"\n'
    )
    result = case.audit(
        [tmp_path / "c.pcap"],
        tmp_path / "audit",
        keys=[tmp_path / "keys.log"],
        owner=tmp_path / "owner.toml",
        phone=[PHONE[0]],
    )
    found = [exposure for exposure in result.exposures if exposure.fact == "imei"]
    assert {(exposure.stream, exposure.where) for exposure in found} == {
        (0, "body"),
        (4, "body"),
        (4, "header:x-device"),
    }
    for exposure in found:
        ref = decode.MessageRef(
            exposure.flow,
            exposure.stream,
            exposure.message,
            exposure.from_client,
            exposure.where,
            exposure.steps,
        )
        last = decode.rederive([tmp_path / "c.pcap"], ref, keylogs=[web.keys])[-1].data
        assert last[exposure.range[0] : exposure.range[1]] == b"490154203237518"
