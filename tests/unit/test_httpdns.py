"""Names that an app asks for by plain HTTP: the connection that follows has its name, and the result says from where."""

from __future__ import annotations

import json

import duckdb
import pytest
from tls_talk import record, talk, write_pcap

from wirewitness.case import audit
from wirewitness.report.language import Language
from wirewitness.report.page import render_page
from wirewitness.report.rendering import read_result
from wirewitness.report.texts import Texts

PHONE, RESOLVER, SERVER, START = "192.168.1.23", "203.107.1.1", "198.51.100.7", 1_714_557_600
HOST = "api.vendor.example"
ANSWERS = {
    f"/100000/d?host={HOST}": json.dumps({"ips": [SERVER], "host": HOST, "ttl": 60}),
    f"/d?dn={HOST}&ttl=1": f"{SERVER},60",
    f"/resolve?name={HOST}&type=A": json.dumps(
        {
            "Status": 0,
            "Question": [{"name": f"{HOST}.", "type": 1}],
            "Answer": [{"name": f"{HOST}.", "type": 1, "TTL": 60, "data": SERVER}],
        }
    ),
}


def asked(target, answer, at=0.0):
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n"
    turns = [
        (True, f"GET {target} HTTP/1.1\r\nHost: {RESOLVER}\r\n\r\n".encode()),
        (False, (head + answer).encode()),
    ]
    return [
        (START + at + n * 0.01, packet) for n, packet in enumerate(talk(PHONE, 40_000, RESOLVER, 80, turns))
    ]


def sealed(at=5.0):
    """A connection that says no name: TLS from its middle, as after a resumed capture."""
    turns = [(True, record(23, bytes(range(200)))), (False, record(23, bytes(range(100))))]
    return [
        (START + at + n * 0.01, packet) for n, packet in enumerate(talk(PHONE, 40_001, SERVER, 443, turns))
    ]


def destinations(folder, packets):
    result = audit([write_pcap(folder / "night.pcap", packets)], folder / "audit", phone=[PHONE])
    return {(one.address, one.host, one.host_source) for one in result.destinations}


@pytest.mark.parametrize(("target", "answer"), ANSWERS.items(), ids=["alibaba", "tencent", "json"])
def test_the_connection_that_follows_has_its_name_and_the_result_says_from_where(tmp_path, target, answer):
    assert destinations(tmp_path, asked(target, answer) + sealed()) == {
        (RESOLVER, RESOLVER, "host header"),
        (SERVER, HOST, "httpdns"),
    }
    page = render_page(read_result(tmp_path / "audit"), Texts(Language.EN))
    assert "by the name that the app asked for over HTTP (HTTPDNS)" in page
    names = f"SELECT question, value, via FROM '{tmp_path}/audit/tables/name.parquet'"
    ((question, value, via),) = duckdb.sql(names).fetchall()
    assert (question, value) == (HOST, SERVER)
    assert via in ("alibaba", "tencent", "json")


def test_a_connection_before_the_answer_and_one_to_another_address_have_no_name(tmp_path):
    (target, answer), *_ = ANSWERS.items()
    early = destinations(tmp_path, asked(target, answer, at=9) + sealed(at=1))
    assert (SERVER, "", "") in early
    (tmp_path / "other").mkdir()
    other = destinations(tmp_path / "other", asked(target, answer.replace("100.7", "100.8")) + sealed())
    assert (SERVER, "", "") in other


def test_what_only_looks_like_an_answer_names_nothing(tmp_path):
    packets = asked(f"/search?q={HOST}", json.dumps({"ips": [SERVER], "host": HOST})) + sealed()
    assert (SERVER, "", "") in destinations(tmp_path, packets)
