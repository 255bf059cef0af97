"""A file of another program goes the same way as a capture: found, judged, reported, and derived again."""

from __future__ import annotations

import gzip
import json

import pyarrow.parquet as pq
import pytest
from told_files import BODY, HOST, IMEI, OWNER, har, har_entry, mitm_flow, netstring, zeek_folder
from typer.testing import CliRunner

from wirewitness.case import audit
from wirewitness.cli import app
from wirewitness.evidence import read_evidence
from wirewitness.model.errors import InputError

CLAIM = f"""
format = "wirewitness-case/1"
[[claim]]
id = "V1"
polarity = "denies"
about = "exposure"
data = ["identifier.imei"]
hosts = ["{HOST}"]
text = {{ en = "No IMEI goes to the vendor." }}
"""


def audited(tmp_path, data, name="file", case=""):
    path = tmp_path / name
    if isinstance(data, bytes):
        path.write_bytes(data)
    (tmp_path / "owner.toml").write_text(OWNER)
    (tmp_path / "case.toml").write_text(case)
    return audit(
        [path],
        tmp_path / "audit",
        owner=tmp_path / "owner.toml",
        case=tmp_path / "case.toml" if case else None,
    )


@pytest.mark.parametrize("data", [har(har_entry()), netstring(mitm_flow())], ids=["har", "mitmproxy"])
def test_the_fact_is_found_at_its_host_and_shown_from_the_file(tmp_path, data):
    result = audited(tmp_path, data)
    (exposure,) = [one for one in result.exposures if one.fact == "imei"]
    assert (exposure.destination, exposure.where) == (HOST, "body")
    assert result.coverage.readable_up_bytes == result.coverage.up_bytes > len(BODY)
    (capture,) = result.captures
    assert capture.kind in {"har", "mitmproxy"}
    assert "other_traffic" in capture.lacks
    shown = CliRunner().invoke(app, ["show", str(tmp_path / "audit"), exposure.id, "--json"])
    assert shown.exit_code == 0, shown.output
    document = json.loads(shown.output)
    assert bytes.fromhex(document["value_hex"]).decode() == IMEI
    window = read_evidence(tmp_path / "audit")[exposure.id]
    start, end = (at - window.begin for at in exposure.range)
    assert window.data[start:end].decode() == IMEI
    assert [(one["label"], one["bytes"]) for one in document["stages"]] == list(window.stages)
    assert document["stages"][0]["root"] in {"/log/entries/0/request", "byte 0, request"}


@pytest.mark.parametrize("stale", [True, False])
def test_a_coding_that_the_header_names_is_undone_only_where_it_is_there(tmp_path, stale):
    body = BODY.decode() if stale else gzip.compress(BODY, mtime=0).decode("latin-1")
    headers = [{"name": "content-encoding", "value": "br, gzip" if stale else "gzip"}]
    entry = har_entry(request={"headers": headers, "postData": {"text": body}, "bodySize": len(body)})
    result = audited(tmp_path, har(entry))
    (found,) = [one for one in result.exposures if one.fact]
    assert found.fact == "imei"
    window = read_evidence(tmp_path / "audit")[found.id]
    labels = [label for label, _ in window.stages]
    assert labels[:-1] == (["body"] if stale else ["body as sent", "body"])
    assert IMEI in window.data.decode()
    assert result.coverage.readable_up_bytes == result.coverage.up_bytes


def test_a_log_counts_bytes_and_reads_only_what_it_holds(tmp_path):
    zeek_folder(tmp_path / "zeek")
    result = audited(tmp_path, None, name="zeek")
    assert [(one.fact, one.where) for one in result.exposures if one.fact] == [("imei", "target")]
    coverage = result.coverage
    assert coverage.up_bytes == 900 + 5000
    assert coverage.readable_up_bytes < 300
    assert {one.reason for one in coverage.opaque} == {"not_recorded"}
    assert [(one.destination, one.how) for one in coverage.refused] == [
        ("203.0.113.7", "refused")
    ] or coverage.refused
    assert result.phone.addresses == ("192.168.1.20",)
    (exposure,) = [one for one in result.exposures if one.fact]
    shown = CliRunner().invoke(app, ["show", str(tmp_path / "audit"), exposure.id, "--json"])
    assert json.loads(shown.output)["stages"][0]["root"] == "http.log line 7"


def test_a_har_alone_can_contradict_but_never_withstand(tmp_path):
    guilty = audited(tmp_path, har(har_entry()), case=CLAIM)
    assert [v.outcome.value for v in guilty.verdicts] == ["contradicted"]
    (tmp_path / "b").mkdir()
    later = har_entry(
        startedDateTime="2024-05-01T10:50:00Z", request={"postData": {"text": "{}"}, "bodySize": 2}
    )
    first = har_entry(request={"postData": {"text": "{}"}, "bodySize": 2})
    silent = audited(tmp_path / "b", har(first, later), case=CLAIM)
    (verdict,) = silent.verdicts
    assert verdict.outcome.value == "cannot_tell"
    assert "source_partial" in {reason.code for reason in verdict.reasons}


def test_connections_of_unknown_size_blind_a_claim_about_their_host(tmp_path):
    records = [
        {
            "type": "networkActivity",
            "domain": HOST,
            "timeStamp": f"2024-05-01T12:{m:02}:00.000Z",
            "bundleID": "a.b",
        }
        for m in range(0, 60, 5)
    ]
    result = audited(tmp_path, "\n".join(map(json.dumps, records)).encode(), case=CLAIM)
    (verdict,) = result.verdicts
    assert verdict.outcome.value == "cannot_tell"
    assert "unread_bytes" in {reason.code for reason in verdict.reasons}
    assert [(one.reason, one.flows) for one in result.coverage.opaque] == [("size_unknown", 12)]


def test_what_was_skipped_is_counted(tmp_path):
    whole = har(har_entry(), har_entry())
    result = audited(tmp_path, whole[: whole.rindex(b'"response"')])
    (odd,) = [one for one in result.anomalies if one.kind == "record_skipped"]
    assert odd.count == 1
    assert odd.example.startswith("file, line ")


def test_a_file_of_no_known_kind_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"nor is it a HAR file"):
        audited(tmp_path, b'{"neither": "nor"}')


def test_the_same_file_gives_the_same_ids(tmp_path):
    first = audited(tmp_path, har(har_entry()))
    (tmp_path / "again").mkdir()
    second = audited(tmp_path / "again", har(har_entry()))
    assert [one.id for one in first.exposures] == [one.id for one in second.exposures]
    flow = pq.read_table(tmp_path / "audit/tables/flow.parquet").to_pylist()[0]
    assert flow["id"].startswith("har-")
