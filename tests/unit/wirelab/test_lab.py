"""What a world may rely on: bytes arrive, everything that leaves is on record, nothing else is written."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wirelab.lab import App, Lab, Request

PROTOCOLS = {"http/1.1": ("http/1.1",), "h2": ("h2", "http/1.1"), "h3": ("h3",)}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("loss", [0.0, 0.02])
def test_bodies_arrive_whole_whatever_is_lost(stage, protocol, loss) -> None:
    story = stage(loss=loss, reorder=loss)
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("DE"), "DE", story.cloud, alpn=PROTOCOLS[protocol])
    bodies = [bytes([n]) * size for n, size in enumerate((1, 1448, 16385, 300_000))]
    for body in bodies:
        story.fetch("a.example", body)
    story.run(120)
    assert sorted(request.body for request in story.asked) == sorted(bodies)
    assert sorted(exchange.response.body for exchange in story.answers) == sorted(bodies)
    assert story.failures == []
    web = [sent for sent in story.sent if sent.protocol != "dns"]
    assert {sent.protocol for sent in web} == {protocol}
    assert all(sent.complete and sent.captured and sent.readable for sent in web)


def test_one_connection_serves_many_requests_and_numbers_them(stage) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    for second in (0, 10, 20):
        story.lab.clock.after(second, lambda second=second: story.fetch("a.example", b"x", mark=second))
    story.run(200)
    web = [sent for sent in story.sent if sent.protocol == "http/1.1"]
    assert [(sent.number, sent.mark) for sent in web] == [(0, 0), (1, 10), (2, 20)]
    assert len({sent.flow for sent in web}) == 1
    assert {sent.country for sent in web} == {"CN"}
    story.fetch("a.example", b"x")
    story.run(60)
    assert len({sent.flow for sent in story.sent if sent.protocol == "http/1.1"}) == 2  # idle ones are closed


def test_the_record_names_the_packet_that_carries_the_first_byte(stage, reader) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng", keys="none")
    story.lab.host("a.example", story.lab.addresses.pick("FR"), "FR", story.cloud, tls="none")
    story.fetch("a.example", b"PLANTED-STRING", scheme="http")
    story.run()
    story.lab.close()
    packets = reader.packets(story.folder / "c.pcapng")
    [sent] = [item for item in story.sent if item.protocol == "http/1.1"]
    [carrier] = [
        packet for packet in packets if packet.payload.startswith(b"POST / HTTP/1.1\r\nHost: a.example\r\n")
    ]
    assert carrier.ns == sent.time_ns
    assert b"User-Agent: VendorCloud/5.1" in reader.stream(packets, carrier.sport, 80)
    assert reader.stream(packets, carrier.sport, 80).endswith(b"PLANTED-STRING")


def test_lost_and_overtaken_segments_leave_the_stream_whole(stage, reader) -> None:
    story = stage(loss=0.03, reorder=0.02)
    story.lab.record(story.folder / "c.pcapng", keys="none")
    story.lab.host("a.example", story.lab.addresses.pick("FR"), "FR", story.cloud, tls="none")
    for _ in range(20):
        story.fetch("a.example", bytes(range(250)) * 200, scheme="http")
    story.run(300)
    story.lab.close()
    packets = [packet for packet in reader.packets(story.folder / "c.pcapng") if packet.proto == 6]
    for port in {packet.sport for packet in packets if packet.dport == 80}:
        up = reader.stream(packets, port, 80)
        down = reader.stream(packets, 80, port)
        assert len(re.findall(rb"POST / HTTP/1.1", up)) == len(re.findall(rb"HTTP/1.1 200 OK", down))
    assert [packet.ns for packet in packets] == sorted(packet.ns for packet in packets)
    assert len(story.answers) == 20


def played(stage, name: str, seed: int):
    story = stage(seed=seed, folder=name, loss=0.01, reorder=0.01)
    story.lab.record(story.folder / "c.pcapng", keys="both")
    for number, alpn in enumerate(PROTOCOLS.values()):
        story.lab.host(f"h{number}.example", story.lab.addresses.pick("SG"), "SG", story.cloud, alpn=alpn)
        story.lab.clock.every(
            97, lambda number=number: story.fetch(f"h{number}.example", b"x" * 5000), jitter_s=9
        )
    story.lab.clock.after(1000, lambda: story.lab.phone.set_network("none"))
    story.lab.clock.after(1500, lambda: story.lab.phone.set_network("wifi"))
    story.run(3600)
    return [
        (s.time_ns, s.flow, s.number, s.stream, s.host, s.protocol, s.seen, s.complete) for s in story.sent
    ]


def test_the_same_seed_gives_the_same_truth_and_another_one_does_not(stage) -> None:
    first = played(stage, "one", 3)
    assert len(first) > 60
    assert first == played(stage, "two", 3)
    assert first != played(stage, "three", 4)


def test_a_pinned_host_gives_no_keys_and_is_not_readable(stage) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng", keys="separate", key_path=story.folder / "k.log")
    story.lab.host("pinned.example", story.lab.addresses.pick("CN"), "CN", story.cloud, pinned=True)
    story.fetch("pinned.example", b"secret")
    story.run()
    assert len(story.answers) == 1
    assert [
        sent.readable for sent in story.sent if sent.host == "pinned.example" and sent.protocol != "dns"
    ] == [False]
    story.lab.close()
    assert (story.folder / "k.log").read_bytes() == b""


@pytest.mark.parametrize("how", ["unknown_ca", "certificate_unknown", "close"])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_an_app_that_refuses_interception_sends_nothing(stage, how, tls) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("v.example", story.lab.addresses.pick("CN"), "CN", story.cloud, refuses=how, tls=tls)
    story.fetch("v.example", b"secret")
    story.run()
    assert [failure.kind for failure in story.failures] == ["refused"]
    assert [(attempt.host, attempt.how, attempt.country) for attempt in story.attempts] == [
        ("v.example", how, "CN")
    ]
    assert [sent.protocol for sent in story.sent] == ["dns"]
    assert story.asked == []


@pytest.mark.parametrize(("version", "cipher", "key"), [
    ("1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", "ec"), ("1.2", "ECDHE-RSA-CHACHA20-POLY1305", "rsa"),
    ("1.2", "AES128-SHA", "rsa"), ("1.2", "ECDHE-ECDSA-AES256-SHA384", "ec"), ("1.3", None, "ec"),
])  # fmt: skip
def test_suites_and_versions(stage, version, cipher, key) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host(
        "a.example", story.lab.addresses.pick("US"), "US", story.cloud, tls=version, cipher=cipher, key=key
    )
    story.fetch("a.example", b"x")
    story.run()
    story.lab.close()
    assert len(story.answers) == 1
    log = (story.folder / "keys.log").read_text()
    assert ("CLIENT_RANDOM" in log) == (version == "1.2")
    assert ("CLIENT_TRAFFIC_SECRET_0" in log) == (version == "1.3")
    assert len(set(log.splitlines())) == len(log.splitlines())


def test_a_new_connection_resumes_the_old_session(stage, reader) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("US"), "US", story.cloud)
    story.fetch("a.example", b"x")
    story.run(300)
    story.fetch("a.example", b"x")
    story.run(60)
    story.lab.close()
    packets = [packet for packet in reader.packets(story.folder / "c.pcapng") if packet.proto == 6]
    flights = {
        port: len(reader.stream(packets, 443, port)) for port in {p.dport for p in packets if p.sport == 443}
    }
    assert len(flights) == 2
    assert min(flights.values()) < max(flights.values()) - 400  # no certificate the second time


def test_when_the_network_goes_so_do_the_connections(stage, reader) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    story.fetch("a.example", b"x" * 3_000_000)
    story.run(1)
    story.lab.phone.set_network("mobile")
    left = story.lab.clock.now
    story.run(60)
    assert [failure.kind for failure in story.failures] == ["network_lost"]
    [cut] = [sent for sent in story.sent if sent.protocol == "http/1.1"]
    assert not cut.complete
    story.fetch("a.example", b"y")
    story.run(60)
    [_, second] = [sent for sent in story.sent if sent.protocol == "http/1.1"]
    assert second.network == "mobile"
    assert not second.captured  # a recorder at the home's gateway does not see it
    story.lab.close()
    assert max(packet.ns for packet in reader.packets(story.folder / "c.pcapng") if packet.proto == 6) < left


def test_without_network_or_name_a_request_fails_and_says_why(stage) -> None:
    story = stage()
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    down = story.lab.host("b.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    down.outage = "silent"
    story.fetch("nowhere.example", b"x")
    story.fetch("b.example", b"x")
    story.run()
    down.outage = "refused"
    story.fetch("b.example", b"x")
    story.run()
    story.lab.phone.set_network("none")
    story.fetch("a.example", b"x")
    story.run()
    assert [failure.kind for failure in story.failures] == ["no_such_name", "refused", "refused", "offline"]
    assert story.asked == []


def test_while_the_capture_is_down_nothing_is_written_but_everything_is_known(stage, reader) -> None:
    story = stage()
    recorder = story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    story.lab.clock.every(50, lambda: story.fetch("a.example", b"x"))
    story.run(500)
    recorder.stop()
    down = story.lab.clock.now
    story.run(500)
    recorder.start()
    up = story.lab.clock.now
    story.run(500)
    story.lab.close()
    seen = [packet.ns for packet in reader.packets(story.folder / "c.pcapng")]
    assert not any(down <= ns < up for ns in seen)
    assert min(seen) < down < up < max(seen)
    web = [sent for sent in story.sent if sent.protocol == "http/1.1"]
    assert {sent.captured for sent in web if down < sent.time_ns < up} == {False}
    assert {sent.captured for sent in web if sent.time_ns < down} == {True}


def test_two_vantages_see_the_same_night_each_in_its_own_way(stage) -> None:
    story = stage()
    story.lab.record(story.folder / "gateway.pcapng")
    story.lab.record(
        story.folder / "phone.pcapng",
        vantage="phone",
        networks=("wifi", "mobile"),
        key_path=story.folder / "p",
    )
    story.lab.host("a.example", story.lab.addresses.pick("CN"), "CN", story.cloud)
    story.fetch("a.example", b"x")
    story.run()
    story.lab.phone.set_network("mobile")
    story.fetch("a.example", b"x")
    story.run()
    home, away = [sent for sent in story.sent if sent.protocol == "http/1.1"]
    assert [item.recorder for item in home.seen] == ["gateway", "phone"]
    assert home.seen[0].flow != home.seen[1].flow
    assert home.seen[1].time_ns < home.seen[0].time_ns
    assert [item.recorder for item in away.seen] == ["phone"]


def test_a_question_can_carry_a_secret_to_a_zone(stage, reader) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    told: list[tuple[str, str]] = []
    story.lab.dns.zone("t.example", lambda name, qtype: told.append((name, qtype)) or [("TXT", "ok")])
    answers: list[object] = []
    story.lab.phone.query("mfzwizltoq.t.example", "TXT", story.app, answers.append, mark="exfil")
    story.run()
    story.lab.close()
    assert told == [("mfzwizltoq.t.example", "TXT")]
    [sent] = story.sent
    assert (sent.protocol, sent.host, sent.mark, sent.readable) == (
        "dns",
        "mfzwizltoq.t.example",
        "exfil",
        True,
    )
    assert any(
        b"\x0amfzwizltoq\x01t\x07example" in packet.payload
        for packet in reader.packets(story.folder / "c.pcapng")
    )


def test_a_websocket_carries_messages_both_ways(stage) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host(
        "w.example", story.lab.addresses.pick("DE"), "DE", websocket=lambda message: [message, b"\0\1"]
    )
    got: list[object] = []
    ended: list[str] = []

    def opened(socket) -> None:
        socket.received = got.append
        socket.send("hello \u4f60\u597d", mark="chat")
        story.lab.clock.after(400, lambda: socket.push("news"))

    story.lab.phone.websocket(
        Request("GET", "w.example", "/line"), story.app, opened, ended.append, keep_alive_s=100
    )
    story.run(500)
    assert got == ["hello \u4f60\u597d", b"\0\1", "news"]
    assert [(sent.protocol, sent.mark) for sent in story.sent][1:] == [
        ("http/1.1", None),
        ("websocket", "chat"),
    ]
    story.lab.phone.set_network("none")
    assert ended == ["network_lost"]


def test_the_owner_of_a_wrong_argument_is_told_the_right_ones(stage) -> None:
    story = stage()
    with pytest.raises(ValueError, match=r"1\.2, 1\.3, none"):
        story.lab.host("a.example", "192.0.2.1", "CN", tls="1.1")
    with pytest.raises(ValueError, match="unknown_ca"):
        story.lab.host("a.example", "192.0.2.1", "CN", refuses="no")
    with pytest.raises(ValueError, match="wifi, mobile, none"):
        story.lab.phone.set_network("ethernet")
    with pytest.raises(ValueError, match="no room for embedded keys"):
        story.lab.record(story.folder / "c.pcap", vantage="phone", flavour="pcapdroid", keys="embedded")
    with pytest.raises(ValueError, match="no addresses for 'XX'"):
        story.lab.addresses.pick("XX")


def interrupted(folder: Path) -> None:
    with Lab(1, datetime(2014, 7, 20, tzinfo=UTC)) as lab:
        lab.record(folder / "c.pcapng")
        lab.run(datetime(2014, 7, 21, tzinfo=UTC))
        raise KeyboardInterrupt


def test_an_interrupted_play_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ports_are_not_used_again_within_a_week(stage) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng", keys="none")
    for number in range(300):
        story.lab.clock.after(
            number, lambda number=number: story.lab.phone.query(f"n{number}.example", "A", App("x"))
        )
    story.run(400)
    assert len({sent.flow for sent in story.sent}) == 300
    assert {sent.ordinal for sent in story.sent} == {0}


def test_certificates_depend_on_the_seed_only() -> None:
    def prints(seed: int) -> list[str]:
        with Lab(seed, datetime(2014, 7, 20, tzinfo=UTC)) as lab:
            hosts = [
                lab.host("a.example", "192.0.2.1", "CN"),
                lab.host("r.example", "192.0.2.2", "CN", key="rsa"),
            ]
            return [hashlib.sha256(host.identity.pem).hexdigest() for host in hosts]

    assert prints(5) == prints(5)
    assert prints(5) != prints(6)
