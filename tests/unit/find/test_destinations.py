"""Who received it: the host's owner, the cloud that only carries, and a firm that hides under another's name."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from publicsuffixlist import PublicSuffixList
from told_files import HOST, PHONE, SERVER

from wirewitness.case import audit
from wirewitness.find.destinations import _party, certified
from wirewitness.find.lookups import (
    AddressBook,
    _suffixes,
    carrier_of,
    carriers,
    organisations,
    registrable_domain,
)


def audited(tmp_path, *events):
    path = tmp_path / "eve.json"
    common = {"timestamp": "2024-05-01T10:00:00.0+0000", "src_ip": PHONE, "src_port": 4, "proto": "TCP"}
    common |= {"dest_ip": SERVER, "dest_port": 443, "flow_id": 1}
    path.write_text("\n".join(json.dumps(common | event) for event in events))
    return audit([path], tmp_path / "audit").destinations


def answer(*chain):
    rows = [
        {"rrname": a, "rrtype": "CNAME" if not b[0].isdigit() else "A", "rdata": b}
        for a, b in pairwise(chain)
    ]
    return {"event_type": "dns", "dns": {"type": "answer", "rrname": chain[0], "answers": rows}}


def flow(host):
    return {"event_type": "tls", "tls": {"sni": host}}


def test_a_measuring_firm_under_the_shops_own_name_is_told(tmp_path):
    (one,) = audited(
        tmp_path,
        answer("metrics.shop.example", "shop.example.demdex.net", SERVER),
        flow("metrics.shop.example"),
    )
    assert one.alias == "shop.example.demdex.net"
    assert one.cloaked == organisations()["demdex.net"].name
    assert one.domain == "shop.example", "whose name it is stays said"


def test_a_cloud_behind_a_name_carries_and_is_no_recipient(tmp_path):
    (one,) = audited(tmp_path, answer(HOST, "d1.cloudfront.net", SERVER), flow(HOST))
    assert (one.alias, one.cloaked) == ("d1.cloudfront.net", None)


def test_names_that_stay_in_their_domain_or_turn_in_a_circle_say_nothing(tmp_path):
    (one,) = audited(tmp_path, answer(HOST, "edge.vendor.example", HOST), flow(HOST))
    assert (one.alias, one.cloaked) == (None, None)


@pytest.mark.parametrize(
    ("subject", "names", "carrier", "owner"),
    [
        ("C=CN, O=Vendor Ltd, CN=api", "api.vendor.example", None, "Vendor Ltd"),
        ('C=US, O="Vendor, Inc.", CN=api', "*.vendor.example", None, "Vendor, Inc."),
        ("C=US, O=Vendor, Inc., CN=api", "*.vendor.example,x.example", None, "Vendor, Inc."),
        ("CN=api.vendor.example", "api.vendor.example", None, None),
        ("O=Other Ltd, CN=x", "x.example,*.api.vendor.example", None, None),
        ("O=Cloudflare, Inc., CN=x", "api.vendor.example", "Cloudflare (content network)", None),
    ],
)
def test_a_certificate_names_the_owner_where_it_is_for_this_host_and_no_carriers(
    subject, names, carrier, owner
):
    assert certified("api.vendor.example", subject, names, carrier) == owner


def test_an_unlisted_hosts_owner_is_taken_from_its_certificate_and_that_is_said(tmp_path):
    tls = {
        "sni": "a.rare.example",
        "subject": "C=DE, O=Rare GmbH, CN=a",
        "subjectaltname": ["a.rare.example"],
    }
    (one,) = audited(tmp_path, {"event_type": "tls", "tls": tls})
    assert (one.organisation, one.organisation_source) == ("Rare GmbH", "its certificate")
    assert one.host_source == "sni"


@pytest.mark.parametrize(
    ("app", "host", "party"),
    [
        ("com.example.shop", "api.example.com", "app"),
        ("com.tencent.mm", "short.weixin.qq.com", "app"),
        ("com.example.shop", "graph.facebook.com", "unknown"),
        ("Shop (com.example.shop)", "cdn.example.com", "app"),
        ("Shop", "shop.example.com", "unknown"),
        ("com.a, com.b", "a.com", "unknown"),
    ],
)
def test_a_host_is_the_apps_own_where_its_package_or_our_table_says_so(app, host, party):
    assert _party(host, (), tuple(app.split(", "))) == party
    other = "third" if party == "unknown" else party
    assert _party(host, ("vendor.example",), tuple(app.split(", "))) == other
    assert _party("api.vendor.example", ("vendor.example",), tuple(app.split(", "))) == "first"


@pytest.mark.parametrize(
    ("network", "carrier"),
    [
        ("AS16509 AMAZON-02", "Amazon Web Services (cloud)"),
        ("AS13335 CLOUDFLARENET", "Cloudflare (content network)"),
        ("AS64500 Example", None),
        ("", None),
        (None, None),
    ],
)
def test_the_network_says_who_carries(network, carrier):
    assert carrier_of(network) == carrier


@pytest.mark.parametrize(
    ("host", "domain"),
    [("a.b.公司.cn", "b.公司.cn"), ("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"), ("x.www.ck", "www.ck"), ("a.b.ck", "a.b.ck"),
     ("t.example.nowhere", "example.nowhere")],
)  # fmt: skip
def test_a_registrable_domain_follows_the_public_list_in_either_writing(host, domain):
    assert registrable_domain(host) == domain


def test_the_list_is_read_as_its_library_reads_it():
    ours, theirs = _suffixes(), PublicSuffixList(accept_unknown=True)
    assert vars(ours) == vars(theirs)


def test_the_tables_hold_a_few_hundred_rows_each_with_a_reason_and_registrable_domains():
    rows = organisations()
    assert len({row.name for row in rows.values()}) > 350
    assert [domain for domain in rows if registrable_domain(domain) != domain] == []
    assert [row.name for row in rows.values() if len(row.reason) < 15] == []
    assert len(carriers()) > 30


@pytest.mark.parametrize(
    "address",
    ["192.168.1.1", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "224.0.0.251", "255.255.255.255",
     "fe80::1", "fd00::1", "ff02::fb", "::1", "203.0.113.9", "no address"],
)  # fmt: skip
def test_an_address_that_nobody_registered_has_no_country(address):
    """The database gives some of these to the country of a registry: a false statement in a report."""
    with AddressBook() as book:
        assert book.country(address) is None
        assert book.network(address) is None
        assert book.country("42.62.94.17") == "CN"
