"""One night seen from two places: each connection counts once, and what only one place saw is told."""

from __future__ import annotations

import duckdb
import pytest
from told_files import BODY, CONN, HOST, OWNER, PHONE, SERVER, SSL, START, mitm_flow, netstring, zeek_log

from wirelab.play import play
from wirelab.sight import SIGHTS
from wirelab.world import find_world
from wirewitness.case import audit


@pytest.mark.lab
def test_every_tls_connection_of_two_vantages_without_keys_joins(tmp_path):
    play(find_world("two_vantages"), 5, tmp_path / "played", SIGHTS["none"])
    result = audit(case=tmp_path / "played/case.toml", output=tmp_path / "audit")
    flow = tmp_path / "audit/tables/flow.parquet"
    (tls, every) = duckdb.sql(
        f"SELECT count(*) FILTER (protocol = 'tls'), count(*) FROM '{flow}' WHERE capture = 0 AND phone <> 'none'"
    ).fetchall()[0]
    (again,) = [note.params["count"] for note in result.notes if note.code == "same_flow_twice"]
    counted = sum(one.flows for one in result.destinations)
    assert tls > 400
    assert again >= 0.99 * tls
    assert counted <= 1.05 * every, "what both saw is counted once"
    alone = [note.params["count"] for note in result.notes if note.code == "one_vantage_only"]
    assert sum(alone) < 60


UP = len(BODY) + 200


def gateway(folder, shift=0.3, up=UP):
    """What Zeek at the gateway says of the connection that the proxy decrypted, with ports of the proxy's own."""
    folder.mkdir()
    ends = [PHONE, 51111, SERVER, 443]
    conn = zeek_log("conn", CONN, [START + shift, "C1", *ends, "tcp", "ssl", "1.0", up, 400, "SF"])
    (folder / "conn.log").write_bytes(conn)
    (folder / "ssl.log").write_bytes(zeek_log("ssl", SSL, [START + shift, "C1", *ends, "TLSv13", HOST, "T"]))
    return folder


def audited(tmp_path, **seen):
    (tmp_path / "owner.toml").write_text(OWNER)
    (tmp_path / "night.mitm").write_bytes(netstring(mitm_flow()))
    folder = gateway(tmp_path / "zeek", **seen)
    return audit([tmp_path / "night.mitm", folder], tmp_path / "audit", owner=tmp_path / "owner.toml")


def test_a_proxys_flow_and_the_gateways_log_of_it_are_one(tmp_path):
    result = audited(tmp_path)
    (destination,) = result.destinations
    assert (destination.host, destination.address, destination.flows) == (HOST, SERVER, 1)
    assert destination.up_bytes == destination.readable_up_bytes
    assert [e.fact for e in result.exposures if e.fact] == ["imei"]
    assert {n.code for n in result.notes} >= {"same_flow_twice"}


@pytest.mark.parametrize(
    "seen", [{"shift": 30}, {"up": 500_000}], ids=["half a minute later", "a thousand times as much"]
)
def test_what_is_not_the_same_stays_two_and_its_bytes_stay_unread(tmp_path, seen):
    result = audited(tmp_path, **seen)
    (destination,) = result.destinations
    assert destination.flows == 2
    assert destination.up_bytes - destination.readable_up_bytes == seen.get("up", UP)
    assert {n.code for n in result.notes} & {"same_flow_twice"} == set()


def test_a_phone_behind_its_proxy_is_one_device_under_both_addresses(tmp_path):
    client = mitm_flow()["client_conn"] | {"peername": ["10.0.0.9", 40000], "proxy_mode": "wireguard"}
    (tmp_path / "night.mitm").write_bytes(netstring(mitm_flow(client_conn=client)))
    result = audit([tmp_path / "night.mitm", gateway(tmp_path / "zeek")], tmp_path / "audit")
    assert set(result.phone.addresses) == {PHONE, "10.0.0.9"}
    assert sum(one.flows for one in result.destinations) == 1
