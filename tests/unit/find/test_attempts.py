"""What was tried and came to nothing: by app, host and how; a name that was used is never told as unused."""

from __future__ import annotations

import json

import pytest
from told_files import CONN, HOST, PHONE, SERVER, START, zeek_log

from wirewitness.case import audit

ENDS = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"]
SSL = [*ENDS, "server_name", "established", "last_alert"]
DNS = [*ENDS, "proto", "query", "qtype_name", "rcode", "answers"]


def conn(at, uid, port, server, server_port, proto, state, up=0, down=0):  # noqa: PLR0917 - a line of the log
    return [START + at, uid, PHONE, port, server, server_port, proto, "-", "1", up, down, state]


def asked(at, name, answers="", qtype="A", rcode="0"):
    return [START + at, "D", PHONE, 5353, "192.168.1.1", 53, "udp", name, qtype, rcode, answers or "-"]


@pytest.fixture
def tried(tmp_path):
    """(destination, how, attempts) of an evening in a gateway's logs."""

    def audited(conns, names, ssl=()):
        folder = tmp_path / "zeek"
        folder.mkdir()
        resolver = conn(0, "D", 5353, "192.168.1.1", 53, "udp", "SF", 90, 200)
        (folder / "conn.log").write_bytes(zeek_log("conn", CONN, resolver, *conns))
        (folder / "dns.log").write_bytes(zeek_log("dns", DNS, *names))
        (folder / "ssl.log").write_bytes(zeek_log("ssl", SSL, *ssl))
        result = audit([folder], tmp_path / "audit", phone=[PHONE])
        return [(one.destination, one.how, one.attempts) for one in result.coverage.refused]

    return audited


def test_a_name_that_no_connection_follows_has_a_row_of_its_own(tried):
    used = conn(5, "C1", 40000, SERVER, 443, "tcp", "SF", 900, 900)
    names = [asked(1, "ads.example"), asked(2, "ads.example"), asked(3, HOST, SERVER)]
    assert tried([used], names) == [("ads.example", "asked_only", 2)]


def test_a_name_is_used_by_its_address_by_its_servers_name_or_by_a_connection_that_was_open(tried):
    conns = [
        conn(1, "C1", 40000, SERVER, 443, "tcp", "SF", 900, 900),
        conn(2, "C2", 40001, "203.0.113.99", 443, "tcp", "SF", 900, 900),
    ]
    ssl = [[START + 2, "C2", PHONE, 40001, "203.0.113.99", 443, "named.example", "T", "-"]]
    names = [
        asked(1, "alias.example", f"cdn.example,{SERVER}"),  # by what it was answered with
        asked(2, "NAMED.example", "198.51.100.1"),  # by the server's name, elsewhere than answered
        asked(2.5, "alias.example", SERVER),  # the connection is open already
    ]
    assert tried(conns, names, ssl) == []


def test_names_of_the_home_and_of_addresses_are_nobodys_hosts(tried):
    names = [asked(1, "printer.local"), asked(2, "1.1.168.192.in-addr.arpa", qtype="PTR"), asked(3, "router")]
    assert tried([], names) == []


def test_a_connection_that_was_refused_is_told_as_such_and_not_as_a_name_only(tried):
    conns = [
        conn(5, "C1", 40000, SERVER, 443, "tcp", "REJ"),
        conn(6, "C2", 40001, "203.0.113.99", 443, "tcp", "S0"),
    ]
    names = [asked(1, HOST, SERVER), asked(2, "gone.example", "203.0.113.99")]
    assert tried(conns, names) == [(HOST, "refused", 1), ("gone.example", "unanswered", 1)]


def test_a_pinned_app_that_rejects_the_certificate_is_told_apart_from_other_ends_of_a_handshake(tried):
    ssl = [
        [START + 2, "S1", PHONE, 40001, SERVER, 443, "pinned.example", "F", "unknown_ca"],
        [START + 3, "S2", PHONE, 40002, SERVER, 443, "odd.example", "F", "protocol_version"],
    ]
    assert tried([], [], ssl) == [
        ("odd.example", "aborted_handshake", 1),
        ("pinned.example", "certificate_rejected", 1),
    ]


def test_many_long_names_under_one_domain_are_one_row(tried):
    """A tunnel through DNS asks for thousands of names: they are its domain's."""
    names = [asked(n, f"{n:04d}{'abcdefghij' * 3}.tunnel.example") for n in range(1, 60)]
    assert tried([], names) == [("*.tunnel.example", "asked_only", 59)]


def test_a_name_in_suricatas_log_is_asked_by_the_phone_only_where_the_phone_asked(tmp_path):
    ends = {"src_port": 5000, "dest_ip": "192.168.1.1", "dest_port": 53, "proto": "UDP"}
    counts = {"pkts_toserver": 1, "bytes_toserver": 80, "pkts_toclient": 0, "bytes_toclient": 0}
    lines = []
    for number, (who, name) in enumerate(((PHONE, "ads.example"), ("192.168.1.77", "toaster.example"))):
        event = ends | {"timestamp": f"2024-05-01T12:00:0{number}.5+0200", "flow_id": number, "src_ip": who}
        lines.append(event | {"event_type": "dns", "dns": {"type": "query", "rrname": name, "rrtype": "A"}})
        lines.append(event | {"event_type": "flow", "flow": counts})
    (tmp_path / "eve.json").write_text("\n".join(map(json.dumps, lines)))
    result = audit([tmp_path / "eve.json"], tmp_path / "audit", phone=[PHONE])
    told = [(one.destination, one.how, one.attempts) for one in result.coverage.refused]
    assert told == [("ads.example", "asked_only", 1)], "another device asks for itself"


def test_a_name_in_androids_own_log_is_asked_by_the_phone_and_the_app_is_told(tmp_path):
    dns = {"hostname": "ads.example", "event_time": START * 1000, "package_name": "a.b.c"}
    used = {
        "hostname": HOST,
        "event_time": START * 1000,
        "ip_addresses": [f"/{SERVER}"],
        "package_name": "a.b.c",
    }
    connect = {"ip_address": f"{HOST}/{SERVER}", "port": 443, "event_time": START * 1000 + 10}
    events = [{"dns_event": dns}, {"dns_event": used}, {"connect_event": connect | {"package_name": "a.b.c"}}]
    (tmp_path / "log.ndjson").write_text("\n".join(map(json.dumps, events)))
    result = audit([tmp_path / "log.ndjson"], tmp_path / "audit")
    told = [(one.destination, one.how, one.app) for one in result.coverage.refused]
    assert told == [("ads.example", "asked_only", "a.b.c")]
