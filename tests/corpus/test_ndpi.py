"""nDPI's 538 captures of real applications: nothing crashes, flows and server names are the same."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from ipaddress import ip_address
from pathlib import Path

import ndpi_results
import pytest
from decoded import read_tables

from wirewitness.model.errors import InputError

IN_SCOPE = ("TLS", "QUIC", "HTTP", "DNS", "MDNS", "LLMNR")
NAMES = {number: name for name, number in ndpi_results.NUMBERS.items()}


def differences(kind: str) -> dict[str, str]:
    rows = tomllib.loads((Path(__file__).parent / "ndpi_differences.toml").read_text())["difference"]
    return {
        capture: row["reason"]
        for row in rows
        if row["kind"] == kind and row["reason"]
        for capture in row["captures"]
    }


def plain(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return address


@pytest.fixture(scope="module")
def compared(corpus, tmp_path_factory):
    """For each capture: (flows only nDPI has, flows only we have, names only nDPI has)."""
    found = {}
    for capture in sorted((corpus / "ndpi" / "pcap").iterdir()):
        result = corpus / "ndpi" / "result" / f"{capture.name}.out"
        if not result.exists():
            continue
        try:
            tables = read_tables(capture, tmp_path_factory.mktemp("ndpi"))
        except InputError as error:
            pytest.fail(f"{capture.name} is not read: {error}")
        found[capture.name] = compare(tables, ndpi_results.read(result))
    return found


def compare(tables, wanted):
    def key(proto, ends):
        return proto, frozenset((plain(a), port if proto in ("TCP", "UDP") else 0) for a, port in ends)

    theirs = {key(flow.proto, flow.ends) for flow in wanted}
    hosts = defaultdict(set)
    ours = set()
    by_id = {}
    for flow in tables["flow"]:
        proto = NAMES.get(flow["ip_proto"], str(flow["ip_proto"]))
        ends = [(flow["client"], flow["client_port"]), (flow["server"], flow["server_port"])]
        by_id[flow["id"]] = key(proto, ends)
        ours.add(by_id[flow["id"]])
        hosts[by_id[flow["id"]]].add(flow["host"])
    for row in tables["name"]:
        hosts[by_id[row["flow"]]].update((row["question"].lower(), row["name"].lower()))
    names = [
        (flow.application, flow.name)
        for flow in wanted
        if flow.name
        and flow.application.split(".")[0] in IN_SCOPE
        and flow.name.lower() not in hosts[key(flow.proto, flow.ends)]
    ]
    return theirs - ours, ours - theirs, names


def test_the_whole_set_was_compared(compared):
    assert len(compared) == 538


def test_flows_are_the_same_but_for_the_written_list(compared):
    listed = differences("flows")
    found = {name for name, (missing, extra, _) in compared.items() if missing or extra}
    assert found - set(listed) == set()
    assert set(listed) - found == set(), "listed differences that are none any more"


def test_server_names_are_the_same_but_for_the_written_list(compared):
    listed = differences("names")
    found = {name: names for name, (_, _, names) in compared.items() if names}
    assert {name: names for name, names in found.items() if name not in listed} == {}
    assert set(listed) - set(found) == set(), "listed differences that are none any more"
