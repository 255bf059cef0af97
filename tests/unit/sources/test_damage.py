"""Whatever happens to a file on its way, an importer tells what it can and says what it skipped; it never raises."""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from told_files import CONN, HOST, PHONE, SERVER, START, har, har_entry, mitm_flow, netstring, zeek_log

from wirewitness.model.errors import InputError
from wirewitness.model.telling import FlowEnd, Skipped, ToldFlow, ToldMessage, ToldName
from wirewitness.sources import IMPORTERS, eve, recognise, tshark_ek
from wirewitness.sources.conversation import FlowIds

EVE = {
    "timestamp": "2024-05-01T12:00:00.500000+0200",
    "flow_id": 7,
    "src_ip": PHONE,
    "src_port": 40000,
    "dest_ip": SERVER,
    "dest_port": 443,
    "proto": "TCP",
    "event_type": "http",
    "http": {"hostname": HOST, "http_method": "GET", "url": "/", "status": 200, "length": 7},
}
EK = {
    "timestamp": f"{START}000",
    "layers": {
        "ip": {"ip_ip_src": PHONE, "ip_ip_dst": SERVER},
        "tcp": {"tcp_tcp_srcport": "40000", "tcp_tcp_dstport": "80", "tcp_tcp_len": "5"},
        "http": {"http_http_request_method": "GET", "http_http_host": HOST},
    },
}
PCAPDROID = (
    "IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,FirstSeen,LastSeen\n"
    + f"6,10.215.173.1,4,{SERVER},443,10123,Shop,TLS,Closed,{HOST},1400,1400,{START}000,{START}000\n" * 2
)
TRACKERS = (
    "uid,daddr,time,uncertain,tracker,category,package,app\n"
    + f"10123,{HOST},{START}000,0,T,Analytics,org.example.shop,Shop\n" * 2
)
IOS = {
    "type": "networkActivity",
    "domain": HOST,
    "bundleID": "org.example.shop",
    "timeStamp": "2024-05-01T12:00:00.000+02:00",
}
ANDROID = {
    "connect_event": {
        "event_time": START * 1000,
        "ip_address": f"{HOST}/{SERVER}",
        "port": 443,
        "package_name": "org.example.shop",
    }
}
ROW = [START, "C1", PHONE, 1, SERVER, 2, "tcp", "-", "1.5", 5, 6, "SF"]


def lines(*records):
    return "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in records).encode()


WHOLE = {
    "har": har(har_entry(), har_entry()),
    "mitmproxy": netstring(mitm_flow()) * 2,
    "zeek": zeek_log("conn", CONN, ROW, ROW),
    "suricata": lines(EVE, EVE),
    "tshark_ek": lines({"index": {"_index": "packets-2024-05-01"}}, EK) * 2,
    "pcapdroid_csv": PCAPDROID.encode(),
    "tracker_control": TRACKERS.encode(),
    "app_privacy_report": lines(IOS, IOS),
    "intrusion_log": lines(ANDROID, ANDROID),
}
TOLD = (ToldFlow, ToldMessage, ToldName, Skipped, FlowEnd)
VALUES = [
    *("null", "true", "-1", "1e999", "NaN", '"x"', "[]", "{}", "[[[[]]]]", "9" * 400, '"\\ud800"', '"-"'),
    *("\0", "\n", "\t", ",", '"', "::", "-5.5", "1969-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "\udcff"),
]


def tell(tmp_path_factory, importer, data):
    path = tmp_path_factory.mktemp("damage") / "file"
    path.write_bytes(data)
    return list(importer.tell(path, FlowIds("x")))


@st.composite
def damages(draw):
    """A few edits: (where as a share, bytes taken out, bytes put in); and where the file is cut, or not."""
    text = st.sampled_from(VALUES).map(lambda value: value.encode("utf-8", "replace"))
    edit = st.tuples(st.floats(0, 1), st.integers(0, 30), st.one_of(text, st.binary(max_size=8)))
    return draw(st.lists(edit, min_size=1, max_size=4)), draw(st.one_of(st.none(), st.floats(0, 1)))


def damaged(data, damage):
    edits, cut = damage
    for where, out, new in edits:
        at = int(where * len(data))
        data = data[:at] + new + data[at + out :]
    return data if cut is None else data[: int(cut * len(data))]


def test_every_importer_is_tried():
    assert set(WHOLE) == {importer.kind for importer in IMPORTERS}


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.kind)
def test_a_whole_file_is_told_without_a_skip(tmp_path_factory, importer):
    told = tell(tmp_path_factory, importer, WHOLE[importer.kind])
    assert [one for one in told if isinstance(one, Skipped)] == []
    assert any(isinstance(one, ToldFlow) for one in told)


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.kind)
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(damage=damages())
def test_a_damaged_file_never_raises(tmp_path_factory, importer, damage):
    told = tell(tmp_path_factory, importer, damaged(WHOLE[importer.kind], damage))
    assert all(isinstance(one, TOLD) for one in told)
    assert all(one.expected and "\n" not in one.expected for one in told if isinstance(one, Skipped))
    assert all(one.first_ns <= one.last_ns for one in told if isinstance(one, ToldFlow))


def written(kind, record):
    match kind:
        case "har":
            return har(record)
        case "mitmproxy":
            return netstring(record)
        case "tshark_ek":
            return lines({"index": {"_index": "packets-2024-05-01"}}, record)
        case _:
            return lines(record)


def places(value, at=()):
    """Every place in a document, from the whole to its leaves."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*at, key))


def put(value, at, other):
    if not at:
        return other
    copy = value.copy()
    copy[at[0]] = put(value[at[0]], at[1:], other)
    return copy


RECORDS = {
    "har": har_entry(),
    "mitmproxy": mitm_flow(),
    "suricata": EVE,
    "tshark_ek": EK,
    "app_privacy_report": IOS,
    "intrusion_log": ANDROID,
}
OTHERS = [None, True, -1, 1e300, 0.5, "", "x", "9" * 400, [], [[]], [None], {}, {"x": []}]


@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_a_value_of_another_type_anywhere_never_raises(tmp_path_factory, kind):
    (importer,) = [one for one in IMPORTERS if one.kind == kind]
    path = tmp_path_factory.mktemp("types") / "file"
    for at in places(RECORDS[kind]):
        for other in OTHERS:
            path.write_bytes(written(kind, put(RECORDS[kind], at, other)))
            told = list(importer.tell(path, FlowIds("x")))
            assert all(isinstance(one, TOLD) for one in told), (at, other)


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.kind)
def test_what_stood_before_a_cut_is_told_as_if_there_were_none(tmp_path_factory, importer):
    data = WHOLE[importer.kind]
    whole = tell(tmp_path_factory, importer, data)
    first = next(one for one in whole if isinstance(one, ToldFlow))
    told = tell(tmp_path_factory, importer, data[:-15] if importer.kind != "zeek" else data[:-50])
    begun = next(one for one in told if isinstance(one, ToldFlow))
    assert replace(begun, last_ns=0, sent=(0, 0), packets=(0, 0)) == replace(
        first, last_ns=0, sent=(0, 0), packets=(0, 0)
    )
    assert any(isinstance(one, Skipped) for one in told)


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.kind)
@pytest.mark.parametrize("other", sorted(WHOLE))
def test_another_programs_file_is_no_file_of_this_one(tmp_path_factory, importer, other):
    assert importer.recognise(WHOLE[other]) == (importer.kind == other)
    told = tell(tmp_path_factory, importer, WHOLE[other])
    assert all(isinstance(one, TOLD) for one in told)


PACKERS = {
    "gzip": gzip.compress,
    "gzip of two members": lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:]) + bytes(8),
    "zlib": zlib.compress,
    "xz": lzma.compress,
    "xz of two streams": lambda data: lzma.compress(data[:100]) + lzma.compress(data[100:]),
    "zstd": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
    "zstd of two frames": lambda data: b"".join(
        pa.Codec("zstd").compress(part, asbytes=True) for part in (data[:100], data[100:])
    ),
    "lz4": lambda data: pa.Codec("lz4").compress(data, asbytes=True),
}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.kind)
def test_a_packed_file_is_known_and_told_as_the_plain_one(tmp_path_factory, importer, packer):
    data = WHOLE[importer.kind]
    path = tmp_path_factory.mktemp("packed") / "any name"
    path.write_bytes(PACKERS[packer](data))
    source = recognise(path)
    assert source is not None
    assert source.info.kind == importer.kind
    assert list(importer.tell(path, FlowIds("x"))) == tell(tmp_path_factory, importer, data)


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.kind)
def test_a_packed_file_that_is_cut_or_damaged_is_told_as_far_and_said(tmp_path_factory, importer, packer):
    packed = PACKERS[packer](WHOLE[importer.kind])
    middle = len(packed) - 12 if importer.kind == "zeek" else len(packed) * 3 // 4
    for wrong in (packed[:middle], packed[:middle] + bytes(40) + packed[middle:]):
        told = tell(tmp_path_factory, importer, wrong)
        assert all(isinstance(one, TOLD) for one in told)
        said = [one.expected for one in told if isinstance(one, Skipped)]
        # Where the damage leaves nothing of a log's head, it is no log that anybody knows.
        assert said or (importer.kind == "zeek" and not told)
        assert all("\n" not in one for one in said)
        assert any("compressed file" in one for one in said) or importer.kind in ("har", "zeek")


def test_a_small_packed_file_of_endless_zeros_needs_no_memory(tmp_path):
    """64 MiB of one line in a few kilobytes: the line is no record, and the file is not held."""
    path = tmp_path / "bomb.log"
    path.write_bytes(lzma.compress(CONN_HEAD + bytes(64 << 20)))
    source = recognise(path)
    assert source is not None
    with pytest.raises(InputError, match="longer than"):
        _ = source.info


CONN_HEAD = zeek_log("conn", CONN)


@pytest.mark.parametrize("module", [eve, tshark_ek], ids=["suricata", "tshark_ek"])
def test_a_log_of_endless_conversations_holds_few_of_them_open(tmp_path_factory, monkeypatch, module):
    """None of them is ever said to end: the first is ended to make room, and what was counted of it is told."""
    monkeypatch.setattr(module, "MOST_OPEN", 5)
    if module is eve:
        data = lines(*(EVE | {"flow_id": n, "src_port": 1000 + n} for n in range(40)))
    else:
        ports = [EK["layers"]["tcp"] | {"tcp_tcp_srcport": str(1000 + n)} for n in range(40)]
        data = b"".join(written("tshark_ek", EK | {"layers": EK["layers"] | {"tcp": tcp}}) for tcp in ports)
    told = tell(tmp_path_factory, module.IMPORTER, data)
    opened = {one.key for one in told if isinstance(one, ToldFlow)}
    ended = [one.key for one in told if isinstance(one, FlowEnd)]
    assert len(opened) == 40
    assert len(ended) == len(set(ended)) >= 35
    assert sum(isinstance(one, ToldMessage) and one.from_client for one in told) == 40
    last = {one.key: one for one in told if isinstance(one, ToldFlow)}
    if module is tshark_ek:
        assert all(one.packets == (1, 0) for one in last.values())
