"""An intercepting proxy has two legs, the phone's to it and its own: it is nobody's destination, and nothing counts twice."""

from __future__ import annotations

import pytest
from tls_talk import talk, tls_turns, write_pcap

from wirewitness.case import audit

PHONE, PROXY, START = "192.168.1.23", "192.168.1.2", 1_714_557_600
NIGHT = 200
"""Connections of the night."""


def host(number):
    return f"h{number % 40}.vendor.example"


def server(number):
    return f"203.0.113.{number % 40 + 1}"


def timed(at, packets, step=0.01):
    return [(at + n * step, packet) for n, packet in enumerate(packets)]


def asked(number, up):
    """What the phone says to its proxy: where to, and then TLS with the proxy's certificate."""
    turns = [
        (True, f"CONNECT {host(number)}:443 HTTP/1.1\r\nHost: {host(number)}\r\n\r\n".encode()),
        (False, b"HTTP/1.1 200 Connection established\r\n\r\n"),
        *tls_turns(host(number), number, up, 900),
    ]
    return talk(PHONE, 40_000 + number, PROXY, 8080, turns)


def own(number, up):
    """The proxy's own leg: another handshake and other ciphertext, of nearly the same size."""
    return talk(
        PROXY, 30_000 + number, server(number), 443, tls_turns(host(number), number, up + 37, 880, seed=9)
    )


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """The night as the phone's own recorder saw it, and as the gateway on which the proxy runs did."""
    folder = tmp_path_factory.mktemp("legs")
    phone, gateway = [], []
    for number in range(NIGHT):
        at, up = START + number * 20, 500 + number * 3
        phone += timed(at, asked(number, up))
        gateway += timed(at + 0.002, asked(number, up)) + timed(at + 0.3, own(number, up))
    files = write_pcap(folder / "phone.pcap", phone), write_pcap(folder / "gateway.pcap", gateway)
    return folder, files


def counted(result):
    return {note.code: note.params["count"] for note in result.notes if "count" in note.params}


def test_every_undecrypted_tls_flow_of_the_pair_joins_and_the_proxy_is_no_destination(night):
    folder, (phone, gateway) = night
    result = audit([phone, gateway], folder / "both", phone=[PHONE])
    assert counted(result)["same_flow_twice"] >= 0.99 * NIGHT
    assert "one_vantage_only" not in counted(result)
    assert sum(one.flows for one in result.destinations) == NIGHT
    assert {one.address for one in result.destinations} == {server(n) for n in range(40)}, "its own leg tells"
    assert {(one.host, one.address) for one in result.destinations} == {
        (host(n), server(n)) for n in range(40)
    }


def test_of_the_phones_recording_alone_the_address_behind_the_proxy_is_not_known(night):
    folder, (phone, _) = night
    result = audit([phone], folder / "alone", phone=[PHONE])
    assert {one.address for one in result.destinations} == {""}
    assert {one.country for one in result.destinations} == {None}
    assert {one.host for one in result.destinations} == {host(n) for n in range(40)}


def test_bytes_of_both_legs_count_once(night):
    folder, (phone, gateway) = night
    alone = audit([phone], folder / "once", phone=[PHONE])
    both = audit([phone, gateway], folder / "twice", phone=[PHONE])
    assert both.coverage.up_bytes == alone.coverage.up_bytes
    assert both.coverage.readable_up_bytes == alone.coverage.readable_up_bytes


VPN = "10.215.173.1"


def both_places(folder, intercepts):
    """The phone's own recorder, which intercepts where `intercepts(number)`, and the gateway beyond it."""
    phone, gateway = [], []
    for number in range(NIGHT):
        at, up = START + number * 20, 500 + number * 3
        said = tls_turns(host(number), number, up, 900)
        again = tls_turns(host(number), number, up + 37, 880, seed=9) if intercepts(number) else said
        phone += timed(at, talk(VPN, 40_000 + number, server(number), 443, said))
        gateway += timed(at + 0.3, talk(PHONE, 50_000 + number, server(number), 443, again))
    folder.mkdir()
    return [write_pcap(folder / "vpn.pcap", phone), write_pcap(folder / "gateway.pcap", gateway)]


def test_a_recorder_on_the_phone_that_intercepts_makes_the_connection_that_the_gateway_sees(night):
    """Its handshake is another one: what joins is name, time and size."""
    folder, _ = night
    files = both_places(folder / "intercepts", lambda _number: True)
    result = audit(files, folder / "intercepted", phone=[VPN, PHONE])
    assert counted(result)["same_flow_twice"] >= 0.99 * NIGHT
    assert sum(one.flows for one in result.destinations) == NIGHT


def test_where_handshakes_of_a_host_pass_unchanged_another_handshake_is_another_connection(night):
    folder, _ = night
    files = both_places(folder / "passes", lambda number: number == 17)
    result = audit(files, folder / "passed", phone=[VPN, PHONE])
    assert counted(result)["same_flow_twice"] == NIGHT - 1
    assert sum(one.flows for one in result.destinations) == NIGHT + 1
