"""Every other kind of file: what it says is told, what it cannot know is not made up."""

from __future__ import annotations

import json

import pytest
from told_files import (
    BODY,
    CONN,
    HOST,
    IMEI,
    PHONE,
    SERVER,
    START,
    mitm_flow,
    netstring,
    zeek_folder,
    zeek_log,
)

from wirewitness.model.errors import InputError
from wirewitness.model.telling import Skipped, ToldFlow, ToldMessage, ToldName
from wirewitness.sources import IMPORTERS, recognise
from wirewitness.sources.conversation import community_id

NS = 10**9


def tell(tmp_path, data, kind):
    path = tmp_path / "some.file"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    source = recognise(path)
    assert source is not None
    assert source.info.kind == kind
    return list(source.tell())


def of(told, kind):
    return [one for one in told if isinstance(one, kind)]


def test_a_proxys_flow_is_of_the_phone_and_the_server_never_of_the_proxy(tmp_path):
    told = tell(tmp_path, netstring(mitm_flow()), "mitmproxy")
    (flow,) = of(told, ToldFlow)
    assert (flow.client, flow.server, flow.server_port, flow.host) == (PHONE, SERVER, 443, HOST)
    request, answer = of(told, ToldMessage)
    assert (request.method, request.target, request.body, request.protocol) == (
        "POST",
        b"/v1/report?k=v",
        BODY,
        "h2",
    )
    assert answer.status == 200
    proxy_leg = community_id(6, PHONE, 40000, "192.168.1.2", 8080)
    assert flow.id == f"{proxy_leg}#0", "a capture between phone and proxy holds that conversation"


def test_of_a_transparent_proxy_the_phones_connection_is_to_the_server(tmp_path):
    client = mitm_flow()["client_conn"] | {"proxy_mode": "transparent"}
    (flow,) = of(tell(tmp_path, netstring(mitm_flow(client_conn=client)), "mitmproxy"), ToldFlow)
    assert flow.id == f"{community_id(6, PHONE, 40000, SERVER, 443)}#0"


def test_websocket_and_raw_messages_of_a_proxy(tmp_path):
    frames = {
        "messages": [
            [1, True, b"up", START + 1.0, False, False],
            [2, False, b"down", START + 2.0, False, False],
        ]
    }
    raw = mitm_flow(
        type="tcp", request=None, response=None, id="t", messages=[[True, IMEI.encode(), START + 3.0]]
    )
    told = tell(tmp_path, netstring(mitm_flow(websocket=frames)) + netstring(raw), "mitmproxy")
    sent = [(m.protocol, m.from_client, m.body) for m in of(told, ToldMessage)[2:]]
    assert sent == [
        ("websocket", True, b"up"),
        ("websocket", False, b"down"),
        ("unknown", True, IMEI.encode()),
    ]


def test_a_body_that_the_proxy_streamed_is_missing(tmp_path):
    request = mitm_flow()["request"] | {"content": None, "headers": [[b"content-length", b"5000000"]]}
    message = of(tell(tmp_path, netstring(mitm_flow(request=request)), "mitmproxy"), ToldMessage)[0]
    assert (message.missing, message.complete) == (5_000_000, False)


def test_a_flow_file_cut_in_the_middle_gives_what_came_before(tmp_path):
    one = netstring(mitm_flow())
    told = tell(tmp_path, one + one[:-40], "mitmproxy")
    assert len(of(told, ToldMessage)) == 2
    assert [s.expected for s in of(told, Skipped)] == [f"byte {len(one)}: the file ends within a flow"]


@pytest.mark.parametrize(
    "bad",
    [
        b"999999999999:",
        b"5:abc",
        b"-1:x,",
        b"3:1:a,",
        netstring({"a": 1})[:-1] + b"?",
        netstring([[[1]]] * 2) * 2,
    ],
)
def test_a_broken_flow_file_never_raises(tmp_path, bad):
    told = tell(tmp_path, netstring(mitm_flow()) + bad, "mitmproxy")
    assert len(of(told, ToldMessage)) == 2
    assert of(told, Skipped)


def test_zeeks_logs_of_a_folder_are_joined(tmp_path):
    source = recognise(zeek_folder(tmp_path / "zeek"))
    assert source is not None
    told = list(source.tell())
    tls, web, refused = of(told, ToldFlow)
    assert (tls.host, tls.sent, tls.unread, tls.protocol) == (HOST, (900, 300), "not_recorded", "tls")
    assert (tls.first_ns, tls.last_ns) == (START * NS + NS // 2, START * NS + 2_750_000_000)
    assert refused.state == "refused"
    request, _ = of(told, ToldMessage)
    assert (request.key, request.target, request.missing) == (web.key, f"/u?imei={IMEI}".encode(), 4000)
    (name,) = [n for n in of(told, ToldName) if n.value]
    assert (name.question, name.rtype, name.value) == (HOST, "A", SERVER)
    assert source.info.clients == ((PHONE, 3),)


def test_a_zeek_log_with_missing_columns_says_which(tmp_path):
    (tmp_path / "conn.log").write_bytes(zeek_log("conn", [c for c in CONN if c != "proto"], []))
    source = recognise(tmp_path / "conn.log")
    assert source is not None
    with pytest.raises(InputError, match=r"conn.log line 6: expected a Zeek conn log with the columns proto"):
        _ = source.info


def test_a_short_line_of_a_log_is_skipped_and_counted(tmp_path):
    row = [START, "C1", PHONE, 1, SERVER, 2, "tcp", "-", "-", 5, 6, "SF"]
    told = tell(tmp_path, zeek_log("conn", CONN, row, row[:5], row), "zeek")
    assert len(of(told, ToldFlow)) == 2
    assert [s.expected for s in of(told, Skipped)] == ["some.file line 8: expected 12 columns, found 5"]


def test_zeeks_json_is_read_too(tmp_path):
    record = {
        "ts": START + 0.5,
        "uid": "C1",
        "id.orig_h": PHONE,
        "id.orig_p": 1,
        "id.resp_h": SERVER,
        "id.resp_p": 443,
    }
    record |= {"proto": "tcp", "conn_state": "SF", "orig_bytes": 10, "resp_bytes": 20, "duration": 0.25}
    (flow,) = of(tell(tmp_path, json.dumps(record) + "\n", "zeek"), ToldFlow)
    assert (flow.sent, flow.last_ns) == ((10, 20), START * NS + 750_000_000)


EVE = {"timestamp": "2024-05-01T12:00:00.500000+0200", "flow_id": 7, "src_ip": PHONE, "src_port": 40000}
EVE |= {"dest_ip": SERVER, "dest_port": 443, "proto": "TCP"}


def test_suricatas_events_become_one_flow(tmp_path):
    events = [
        EVE | {"event_type": "tls", "tls": {"sni": HOST, "version": "TLS 1.3"}},
        EVE
        | {
            "event_type": "flow",
            "flow": {"pkts_toserver": 10, "bytes_toserver": 1540, "pkts_toclient": 1, "bytes_toclient": 154},
        },
        EVE | {"event_type": "stats", "stats": {}},
        EVE
        | {
            "event_type": "dns",
            "dns": {
                "type": "answer",
                "rrname": HOST,
                "answers": [{"rrname": HOST, "rrtype": "A", "rdata": SERVER}],
            },
        },
    ]
    told = tell(tmp_path, "\n".join(map(json.dumps, [*events, {"event_type": "tls"}])), "suricata")
    flow = of(told, ToldFlow)[-1]
    assert (flow.host, flow.sent, flow.unread) == (HOST, (1000, 100), "not_recorded"), (
        "headers are subtracted"
    )
    assert flow.first_ns == START * NS + NS // 2
    assert len({f.key for f in of(told, ToldFlow)}) == 1
    assert [n.value for n in of(told, ToldName)] == ["", SERVER]
    assert len(of(told, Skipped)) == 1, "an event without a time is no event"


def test_pcapdroids_list_names_the_app(tmp_path):
    header = "IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,PktsSent,PktsRcvd,FirstSeen,LastSeen"
    row = f'6,10.215.173.1,40000,{SERVER},443,10123,"Shop, the app",TLS,Closed,{HOST},1400,4000,10,10,{START}000,{START + 9}000'
    told = tell(tmp_path, f"{header}\n{row}\n6,1\n", "pcapdroid_csv")
    (flow,) = of(told, ToldFlow)
    assert (flow.app, flow.host, flow.sent, flow.last_ns) == (
        "Shop, the app",
        HOST,
        (1000, 3600),
        (START + 9) * NS,
    )
    assert [s.expected for s in of(told, Skipped)] == ["line 3: expected 16 columns, found 2"]


@pytest.mark.parametrize(
    ("kind", "text", "host", "app"),
    [
        (
            "tracker_control",
            f'"uid","daddr","time","uncertain","Tracker","Category","Package","App"\n"1","{HOST}","{START}000","0","T","C","a.b.c","Shop"\n',
            HOST,
            "a.b.c",
        ),
        (
            "app_privacy_report",
            json.dumps(
                {
                    "type": "networkActivity",
                    "domain": HOST,
                    "timeStamp": "2024-05-01T12:00:00.000+02:00",
                    "bundleID": "a.b.c",
                }
            ),
            HOST,
            "a.b.c",
        ),
        (
            "intrusion_log",
            json.dumps(
                {
                    "connect_event": {
                        "ip_address": f"{HOST}/{SERVER}",
                        "port": 443,
                        "package_name": "a.b.c",
                        "event_time": START * 1000,
                    }
                }
            ),
            HOST,
            "a.b.c",
        ),
    ],
)
def test_lists_without_sizes_say_that_any_number_of_bytes_may_have_gone(tmp_path, kind, text, host, app):
    (flow,) = of(tell(tmp_path, text, kind), ToldFlow)
    assert (flow.host, flow.app, flow.unread, flow.first_ns) == (host, app, "size_unknown", START * NS)


def test_tsharks_packets_are_added_up(tmp_path):
    def packet(at, src, dst, length, **layers):
        ends = {"ip": {"ip_ip_src": src[0], "ip_ip_dst": dst[0]}}
        tcp = {"tcp_tcp_srcport": str(src[1]), "tcp_tcp_dstport": str(dst[1]), "tcp_tcp_len": str(length)}
        record = {"timestamp": str((START + at) * 1000), "layers": ends | {"tcp": tcp} | layers}
        return '{"index":{"_index":"packets-2024-05-01","_type":"doc"}}\n' + json.dumps(record) + "\n"

    phone, server = (PHONE, 40000), (SERVER, 80)
    http = {"http_http_request_method": "POST", "http_http_request_uri": "/u", "http_http_host": HOST}
    http |= {"http_http_request_line": [f"Host: {HOST}\r\n"], "http_http_file_data": BODY.hex(":")}
    text = packet(0, phone, server, 300, http=http) + packet(1, server, phone, 50) + "nonsense\n"
    told = tell(tmp_path, text, "tshark_ek")
    flow = of(told, ToldFlow)[-1]
    assert (flow.sent, flow.packets, flow.host) == ((300, 50), (1, 1), HOST)
    assert of(told, ToldMessage)[0].body == BODY
    assert len(of(told, Skipped)) == 1


def test_what_no_importer_knows_is_left_to_the_reader_of_captures(tmp_path):
    for number, data in enumerate(
        [b"", b"\xa1\xb2\xc3\xd4" + bytes(40), b"\xff\xd8\xff", b'{"a": 1}', b"a,b\n1,2\n", b"#path\tconn\n"]
    ):
        path = tmp_path / str(number)
        path.write_bytes(data)
        assert recognise(path) is None, data


def test_each_kind_has_a_name_of_its_own_and_says_what_it_lacks():
    assert len({one.kind for one in IMPORTERS}) == len(IMPORTERS)
    assert [one.kind for one in IMPORTERS if not one.lacks] == []
