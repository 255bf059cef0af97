"""Checked from outside: tshark reads the captures without complaint and finds what was planted."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.tshark,
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed"),
]
STRICT = [
    "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
    "-o", "eth.check_fcs:TRUE", "-o", "tcp.reassemble_out_of_order:TRUE",
]  # fmt: skip


def tshark(path: Path, *arguments: str) -> str:
    command = ["tshark", "-n", "-2", "-r", str(path), *STRICT, *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def complaints(path: Path, *arguments: str) -> list[str]:
    """Summaries of expert notes of the groups malformed and checksum, and anything of severity error."""
    wanted = "_ws.malformed or _ws.expert.group == malformed or _ws.expert.group == checksum or _ws.expert.severity == error"
    return tshark(
        path, *arguments, "-Y", wanted, "-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message"
    ).splitlines()


@pytest.fixture(scope="module")
def night(shared_stage):
    """An evening of all protocols with losses, seen from two vantages."""
    story = shared_stage(loss=0.004, reorder=0.004)
    story.lab.record(story.folder / "gateway.pcapng", keys="embedded")
    story.lab.record(
        story.folder / "phone.pcap", vantage="phone", networks=("wifi", "mobile"), flavour="pcapdroid",
        key_path=story.folder / "phone.log",
    )  # fmt: skip
    pick = story.lab.addresses.pick
    story.lab.host("one.example", pick("CN"), "CN", story.cloud, aliases=("lb.one.example",))
    story.lab.host("old.example", pick("SG"), "SG", story.cloud, tls="1.2", cipher="AES128-SHA", key="rsa")
    story.lab.host(
        "two.example", (pick("US"), "2606:4700::6810:1f2e"), "US", story.cloud, alpn=("h2", "http/1.1")
    )
    story.lab.host("three.example", pick("DE"), "DE", story.cloud, alpn=("h3",))
    story.lab.host("plain.example", pick("FR"), "FR", story.cloud, tls="none")
    story.lab.host("no.example", pick("CN"), "CN", story.cloud, refuses="unknown_ca")
    story.lab.host("never.example", pick("CN"), "CN", story.cloud, refuses="certificate_unknown")
    story.lab.host("time.example", pick("NL"), "NL", tls="none")
    for minute in range(12):
        for number, name in enumerate(("one", "old", "two", "three", "plain", "no", "never")):
            body = f"PLANTED-{name}-{minute};".encode() + b"z" * (minute * 9000)
            scheme = "http" if name == "plain" else "https"
            story.lab.clock.after(
                minute * 60 + number,
                lambda n=name, b=body, s=scheme: story.fetch(f"{n}.example", b, "/up", s),
            )
    story.lab.phone.datagram(
        "time.example", 123, bytes([0x1B]) + bytes(47), story.app, reply=bytes([0x1C, 2]) + bytes(46)
    )
    story.run(900)
    story.lab.close()
    return story


def test_tshark_has_nothing_to_complain_about(night) -> None:
    assert complaints(night.folder / "gateway.pcapng") == []
    assert (
        complaints(night.folder / "phone.pcap", "-o", f"tls.keylog_file:{night.folder / 'phone.log'}") == []
    )


def test_tshark_decrypts_from_the_embedded_secrets_and_finds_what_was_planted(night) -> None:
    path = night.folder / "gateway.pcapng"
    for name, field in (
        ("one", "http.file_data"),
        ("old", "http.file_data"),
        ("plain", "http.file_data"),
        ("two", "http2.data.data"),
    ):
        shown = tshark(
            path, "-Y", f'{field} contains "PLANTED-{name}-"', "-T", "fields", "-e", "frame.number"
        )
        # Each body went up and its echo came down.
        assert len(shown.splitlines()) >= 24, name
    streams = tshark(path, "-Y", "http3", "-T", "fields", "-e", "quic.stream.stream_id")
    assert streams.strip()


def test_tshark_agrees_on_community_ids_flows_and_times(night) -> None:
    path = night.folder / "gateway.pcapng"
    rows = tshark(
        path, "--enable-protocol", "communityid", "-Y", "http.request and tcp", "-T", "fields", "-e", "frame.time_epoch",
        "-e", "communityid", "-e", "http.host",
    ).splitlines()  # fmt: skip
    told = {sent.flow for sent in night.sent if sent.protocol == "http/1.1"}
    shown = {row.split("\t")[1] for row in rows if row.split("\t")[1]}
    assert shown == told
    assert len(rows) == len([sent for sent in night.sent if sent.protocol == "http/1.1"])


def test_tshark_sees_each_refusal_with_its_own_alert(night) -> None:
    refused = {"no.example": "48", "never.example": "46"}
    rows = tshark(
        night.folder / "gateway.pcapng", "-Y", "tls.alert_message.level == 2", "-T", "fields",
        "-e", "tls.alert_message.desc",
    ).split()  # fmt: skip
    assert sorted(rows) == sorted(refused[attempt.host] for attempt in night.attempts)
    assert len(rows) == 24
