"""Files of other programs, written by hand: the same request in each of them, as the tests' stories need it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

IMEI = "490154203237518"
PHONE, SERVER, HOST = "192.168.1.20", "203.0.113.7", "api.vendor.example"
START = 1_714_557_600  # 2024-05-01T10:00:00Z
BODY = json.dumps({"device": {"imei": IMEI}}).encode()
OWNER = f'format = "wirewitness-owner/1"\n[[fact]]\nid = "imei"\nkind = "identifier.imei"\nvalue = "{IMEI}"\n'


def har_entry(**changes: Any) -> dict[str, Any]:
    """One entry as Chrome writes it; `request` and `response` are merged into, other members replaced."""
    request = {
        "method": "POST",
        "url": f"https://{HOST}/v1/report?k=v",
        "httpVersion": "h2",
        "headers": [
            {"name": ":authority", "value": HOST},
            {"name": "content-type", "value": "application/json"},
        ],
        "cookies": [],
        "bodySize": len(BODY),
        "postData": {"mimeType": "application/json", "text": BODY.decode()},
    }
    response = {
        "status": 200,
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "content": {"size": 2, "text": "{}"},
    }
    request |= changes.pop("request", {})
    response |= changes.pop("response", {})
    entry = {"startedDateTime": "2024-05-01T10:00:00.000Z", "time": 12.5, "serverIPAddress": SERVER}
    return entry | {"request": request, "response": response} | changes


def har(*entries: dict[str, Any]) -> bytes:
    document = {"log": {"version": "1.2", "creator": {"name": "WebInspector"}, "entries": list(entries)}}
    return json.dumps(document, indent=1).encode()


def netstring(value: Any) -> bytes:
    """A value as mitmproxy writes it."""
    match value:
        case None:
            data, kind = b"", b"~"
        case bool():
            data, kind = str(value).lower().encode(), b"!"
        case int():
            data, kind = str(value).encode(), b"#"
        case float():
            data, kind = repr(value).encode(), b"^"
        case bytes():
            data, kind = value, b","
        case str():
            data, kind = value.encode(), b";"
        case dict():
            data, kind = b"".join(netstring(k) + netstring(v) for k, v in value.items()), b"}"
        case _:
            data, kind = b"".join(map(netstring, value)), b"]"
    return str(len(data)).encode() + b":" + data + kind


def mitm_flow(**changes: Any) -> dict[str, Any]:
    flow = {
        "version": 20,
        "type": "http",
        "id": "f1",
        "client_conn": {
            "id": "c1",
            "peername": [PHONE, 40000],
            "sockname": ["192.168.1.2", 8080],
            "proxy_mode": "regular",
            "transport_protocol": "tcp",
            "sni": HOST,
            "alpn": b"h2",
            "tls_version": "TLSv1.3",
            "timestamp_end": None,
        },
        "server_conn": {"id": "s1", "address": [HOST, 443], "peername": [SERVER, 443], "sni": HOST},
        "request": {
            "method": b"POST",
            "scheme": b"https",
            "host": HOST,
            "port": 443,
            "path": b"/v1/report?k=v",
            "http_version": b"HTTP/2.0",
            "headers": [[b"content-type", b"application/json"]],
            "content": BODY,
            "timestamp_start": float(START),
            "timestamp_end": float(START),
        },
        "response": {
            "status_code": 200,
            "http_version": b"HTTP/2.0",
            "headers": [[b"Content-Type", b"application/json"]],
            "content": b"{}",
            "timestamp_start": START + 0.0125,
            "timestamp_end": START + 0.0125,
        },
        "metadata": {},
        "websocket": None,
    }
    return flow | changes


ZEEK_HEAD = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n"


def zeek_log(path: str, fields: list[str], *rows: list[object]) -> bytes:
    lines = [ZEEK_HEAD.format(path=path) + "#fields\t" + "\t".join(fields)]
    lines += ["\t".join(map(str, row)) for row in rows]
    return ("\n".join(lines) + "\n#close\t2024-05-01-12-00-00\n").encode()


CONN = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
]
SSL = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "version",
    "server_name",
    "established",
]
HTTP = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "method",
    "host",
    "uri",
    "user_agent",
    "request_body_len",
    "response_body_len",
    "status_code",
]
DNS = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "query",
    "qtype_name",
    "rcode",
    "answers",
]


def zeek_folder(folder: Path) -> Path:
    """conn, ssl, http and dns of one hour; and a log that says nothing of traffic."""
    folder.mkdir()
    ends = [PHONE, 40000, SERVER, 443]
    web = [PHONE, 40001, SERVER, 80]
    (folder / "conn.log").write_bytes(
        zeek_log(
            "conn",
            CONN,
            [f"{START}.5", "C1", *ends, "tcp", "ssl", "2.25", 900, 300, "SF"],
            [f"{START + 60}.0", "C2", *web, "tcp", "http", "1.0", 5000, 200, "SF"],
            [f"{START + 90}.0", "C3", PHONE, 40002, SERVER, 5222, "tcp", "-", "-", "-", "-", "REJ"],
        )
    )
    (folder / "ssl.log").write_bytes(zeek_log("ssl", SSL, [f"{START}.6", "C1", *ends, "TLSv13", HOST, "T"]))
    (folder / "http.log").write_bytes(
        zeek_log(
            "http",
            HTTP,
            [
                f"{START + 60}.1",
                "C2",
                *web,
                "POST",
                "up.vendor.example",
                f"/u?imei={IMEI}",
                "App/1",
                4000,
                20,
                200,
            ],
        )
    )
    (folder / "dns.log").write_bytes(
        zeek_log(
            "dns", DNS, [f"{START}.1", "C4", PHONE, 5353, "192.168.1.1", 53, "udp", HOST, "A", 0, SERVER]
        )
    )
    (folder / "weird.log").write_bytes(zeek_log("weird", ["ts", "name"], [START, "odd"]))
    return folder


def as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
