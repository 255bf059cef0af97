"""Other people's HARs, flow files and logs: read whole, paired files equal, a known rhythm found."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from wirewitness.case import audit
from wirewitness.model.errors import InputError
from wirewitness.model.telling import Skipped, ToldFlow, ToldMessage
from wirewitness.sources import recognise

PAIRS = ["diff_data", "error_log", "event_stream", "incomplete_log", "successful_log", "websocket"]


def told(path):
    source = recognise(path)
    assert source is not None, path
    return list(source.tell())


def record(message: ToldMessage, host: str):
    """What both files of a pair must say; a HAR holds bodies decoded and times to the microsecond."""
    plain = not any(name.lower() == "content-encoding" for name, _ in message.headers)
    body = hashlib.sha256(message.body).hexdigest() if message.from_client and plain else ""
    where = message.target if message.from_client else message.status
    return (
        message.from_client,
        message.method,
        host,
        where,
        body,
        message.time_ns // 10**9 if message.from_client else 0,
    )


def requests(path):
    every = told(path)
    hosts = {one.key: one.host for one in every if isinstance(one, ToldFlow)}
    return Counter(
        record(m, hosts[m.key]) for m in every if isinstance(m, ToldMessage) and m.from_client and m.method
    )


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_of_files_gives_equal_records(corpus, name):
    """Requests of the flow file that the HAR leaves out (mitmproxy writes no entry without an answer) are its own."""
    flows, har = (requests(corpus / f"mitmproxy/flows/{name}.{ext}") for ext in ("mitm", "har"))
    assert har - flows == Counter()
    assert har


def test_every_flow_file_of_every_format_is_read_without_a_skip(corpus):
    for path in sorted((corpus / "mitmproxy").rglob("*.mitm")):
        every = told(path)
        assert [one for one in every if isinstance(one, Skipped)] == [], path
        assert any(isinstance(one, ToldMessage) for one in every), path


def test_every_programs_har_is_read_without_a_skip(corpus):
    paths = [*(corpus / "mitmproxy/har_files").glob("*.har"), *(corpus / "tweasel/reporthar").rglob("*.har")]
    assert len(paths) > 10
    for path in paths:
        every = told(path)
        assert [one for one in every if isinstance(one, Skipped)] == [], path
        assert any(isinstance(one, ToldMessage) for one in every), path


def test_a_broken_har_is_refused_in_one_sentence(corpus):
    source = recognise(corpus / "mitmproxy/corrupted_har/brokenfile.har")
    assert source is not None
    with pytest.raises(InputError, match=r"line \d+: expected the list log.entries"):
        _ = source.info


@pytest.mark.parametrize("folder", ["proxy", "proxy_rolling", "missing_host", "valid_tsv"])
def test_a_folder_of_zeeks_logs_imports(corpus, folder):
    source = recognise(corpus / "rita" / folder)
    assert source is not None
    assert source.info.kind == "zeek"
    assert source.info.records > 1000
    assert [one for one in source.tell() if isinstance(one, Skipped)] == []


def test_a_contact_every_half_hour_is_found_as_a_rhythm(corpus, tmp_path):
    result = audit([corpus / "rita/valid_tsv/http.log.gz"], tmp_path / "audit", phone=["10.55.100.111"])
    found = [
        (r.period_s, r.count, r.missed)
        for r in result.rhythms
        if r.destination == "tile-service.weather.microsoft.com"
    ]
    assert found == [(1800.0, 48, 0)]


def test_lists_of_a_phone_say_hosts_and_no_sizes(corpus, tmp_path):
    folder = corpus / "tweasel/reporthar"
    for number, name in enumerate(["ios/app-privacy-report.ndjson", "android/tracker-control-report.csv"]):
        result = audit([folder / name], tmp_path / str(number))
        assert len(result.destinations) > 10
        assert result.coverage.up_bytes == 0
        assert {one.reason for one in result.coverage.opaque} == {"size_unknown"}
