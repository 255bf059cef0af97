"""mitmproxy's flow files (`mitmdump -w`), formats 0.10 to 21: HTTP, WebSocket, TCP, UDP and DNS flows.

Bodies are stored as they were sent. The proxy has two legs; the destination is the server's, never the
proxy. What refused the proxy's certificate is not in the file, nor what went around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wirewitness.model.telling import Lack, Skipped, Told, ToldFlow, ToldMessage, ToldName
from wirewitness.sources.conversation import FlowIds
from wirewitness.sources.importer import Importer
from wirewitness.sources.packed import damage_of, open_file
from wirewitness.sources.tnetstring import read_values
from wirewitness.sources.values import items, members, number, port, seconds_ns

_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
_QTYPES = {1: "A", 2: "NS", 5: "CNAME", 12: "PTR", 16: "TXT", 28: "AAAA", 33: "SRV", 65: "HTTPS"}


def recognise(head: bytes) -> bool:
    """A netstring that holds a netstring that names a member of a flow."""
    return re.match(rb"\d{1,12}:\d{1,3}:[a-z_]{2,24}[,;]", head) is not None


def tell(path: Path, ids: FlowIds) -> Iterator[Told]:
    """Every flow; one that is not understood is skipped."""
    flows = _Flows(ids)
    with open_file(path) as file:
        values = read_values(file)
        while True:
            try:
                offset, value = next(values)
            except StopIteration:
                if cut := damage_of(file):
                    yield Skipped(0, cut)
                return
            except ValueError as error:
                cut = damage_of(file)
                yield Skipped(0, f"{error}; {cut}" if cut else str(error))
                return
            try:
                yield from _tell_flow(members(value), offset, flows)
            except ValueError as error:
                yield Skipped(offset, f"byte {offset}: {error}")


IMPORTER = Importer(
    kind="mitmproxy",
    what="a mitmproxy flow file",
    lacks=(Lack.ATTEMPTS, Lack.OTHER_TRAFFIC),
    recognise=recognise,
    tell=tell,
)


@dataclass
class _Open:
    flow: ToldFlow
    counts: dict[tuple[int, bool], int] = field(default_factory=dict)
    streams: int = 0

    def next(self, stream: int, *, from_client: bool) -> int:
        """The next number of a direction of a stream."""
        count = self.counts.get((stream, from_client), 0)
        self.counts[stream, from_client] = count + 1
        return count


@dataclass
class _Flows:
    """Conversations: one for each connection of the phone and server that it spoke to."""

    ids: FlowIds
    open: dict[tuple[str, str, int], _Open] = field(default_factory=dict)
    handshakes: dict[str, tuple[str, str, int]] = field(default_factory=dict)


def _text(value: object) -> str:
    return (
        value.decode("utf-8", "replace")
        if isinstance(value, bytes)
        else value
        if isinstance(value, str)
        else ""
    )


def _raw(value: object) -> bytes:
    return (
        value
        if isinstance(value, bytes)
        else value.encode("utf-8", "surrogateescape")
        if isinstance(value, str)
        else b""
    )


def _time(value: object, otherwise: int) -> int:
    return otherwise if value is None else seconds_ns(value)


def _end(conn: dict[str, Any], *names: str) -> tuple[str, int]:
    """The first address of a connection under these names: ["1.2.3.4", 443], or old {"address": [...]}."""
    for name in names:
        value = conn.get(name)
        value = members(value).get("address", value)
        if isinstance(value, list) and len(value) >= 2:
            return _text(value[0]).removeprefix("::ffff:"), port(value[1])
    return "", 0


def _tell_flow(value: dict[str, Any], offset: int, flows: _Flows) -> Iterator[Told]:
    kind = _text(value.get("type")) or "http"
    request = members(value.get("request"))
    if kind == "http" and not request:
        raise ValueError("expected a flow with its request")
    if kind not in ("http", "websocket", "tcp", "udp", "dns"):
        raise ValueError(f"expected a flow of type http, websocket, tcp, udp or dns, found {kind[:20]!r}")
    client = members(value.get("client_conn")) or members(request.get("client_conn"))
    server = members(value.get("server_conn"))
    host = _host(request, server, client)
    start = _time(request.get("timestamp_start") or client.get("timestamp_start"), 0)
    name = _text(client.get("id")) or f"{_end(client, 'peername', 'address')}"
    known = flows.handshakes.get(_text(members(value.get("metadata")).get("websocket_handshake")), None)
    key = known or (name, host, port(request.get("port")) or _end(server, "address")[1])
    open_ = flows.open.get(key)
    if open_ is None:
        flow = _flow(
            value, client, server, host=host, start=start, key=len(flows.open), offset=offset, ids=flows.ids
        )
        open_ = flows.open[key] = _Open(replace(flow, server_port=flow.server_port or key[2]))
        yield open_.flow
    flows.handshakes[_text(value.get("id"))] = key
    if kind == "http":
        yield from _http(value, open_, offset, host)
    elif kind == "dns":
        yield from _dns(value, open_.flow.id)
    if messages := items(value.get("messages")) or items(members(value.get("websocket")).get("messages")):
        protocol = "websocket" if kind in ("http", "websocket") else "unknown"
        yield from _frames(messages, open_, offset, protocol)


def _host(request: dict[str, Any], server: dict[str, Any], client: dict[str, Any]) -> str:
    """The server's name: a transparent proxy is told an address; the name stands in the request or in TLS."""
    told = _text(request.get("host")) or _end(server, "address")[0]
    if not _ADDRESS.fullmatch(told):
        return told
    lines = {name.lower(): value for name, value in _headers(request)}
    named = _text(lines.get("host")) or _text(request.get("authority")) or _text(client.get("sni"))
    return named.partition(":")[0] or told


def _flow(
    value: dict[str, Any],
    client: dict[str, Any],
    server: dict[str, Any],
    *,
    host: str,
    start: int,
    key: int,
    offset: int,
    ids: FlowIds,
) -> ToldFlow:
    mine, here = _end(client, "peername", "address"), _end(client, "sockname")
    theirs = _end(server, "peername", "ip_address", "peer_address")
    mode = _text(client.get("proxy_mode") or value.get("mode"))
    # Of an explicit proxy the phone's own connection ends at the proxy; of a transparent one at the server.
    end = here if mode.startswith(("regular", "upstream", "reverse", "socks")) else theirs
    proto = 17 if _text(client.get("transport_protocol")) == "udp" else 6
    ends = _time(client.get("timestamp_end"), start)
    sni = server.get("sni") or client.get("sni")
    return ToldFlow(
        key=key,
        id=ids.of(proto, *mine, *end, record=offset),
        first_ns=start,
        last_ns=max(start, ends),
        host=host.lower(),
        client=mine[0],
        client_port=mine[1],
        server=theirs[0] or (host if _ADDRESS.fullmatch(host) else ""),
        server_port=theirs[1],
        ip_proto=proto,
        sni=_text(sni),
        alpn=_text(client.get("alpn") or client.get("alpn_proto_negotiated")),
        tls_version=_text(client.get("tls_version")),
        cipher=_text(client.get("cipher") or client.get("cipher_name")),
        state="datagram" if proto == 17 else "established",
    )


def _version(message: dict[str, Any]) -> str:
    old = message.get("httpversion")
    found = f"HTTP/{old[0]}" if isinstance(old, list) and old else _text(message.get("http_version"))
    return {"HTTP/2.0": "h2", "HTTP/2": "h2", "HTTP/3": "h3", "HTTP/3.0": "h3"}.get(found, "http/1.1")


def _headers(message: dict[str, Any]) -> tuple[tuple[str, bytes], ...]:
    pairs = [pair for pair in items(message.get("headers")) if isinstance(pair, list) and len(pair) == 2]
    return tuple((_text(n), _raw(v)) for n, v in pairs if not _text(n).startswith(":"))


def _body(message: dict[str, Any], headers: tuple[tuple[str, bytes], ...]) -> tuple[bytes, int, bool]:
    """The body, the bytes of it that the file does not hold (it was streamed), and whether it is whole."""
    content = message.get("content")
    if content is None:
        length = next((v.decode("latin-1") for n, v in headers if n.lower() == "content-length"), "")
        return b"", number(length), False
    return _raw(content), 0, True


def _http(value: dict[str, Any], open_: _Open, offset: int, host: str) -> Iterator[Told]:
    request, response = members(value.get("request")), members(value.get("response"))
    scheme = _text(request.get("scheme")).lower()
    headers = _headers(request)
    body, missing, whole = _body(request, headers)
    start = seconds_ns(request.get("timestamp_start"))
    sent = ToldMessage(
        key=open_.flow.key,
        number=open_.next(0, from_client=True),
        from_client=True,
        time_ns=start,
        end_ns=max(start, _time(request.get("timestamp_end"), start)),
        protocol=_version(request),
        scheme=scheme,
        host=host.lower(),
        method=_text(request.get("method")) or "GET",
        target=_raw(request.get("path")),
        headers=headers,
        body=body,
        missing=missing,
        complete=whole,
        offset=offset,
        root=f"byte {offset}, request",
    )
    yield sent
    if not response:
        return
    headers = _headers(response)
    body, missing, whole = _body(response, headers)
    begun = _time(response.get("timestamp_start"), start)
    yield replace(
        sent,
        number=open_.next(0, from_client=False),
        from_client=False,
        time_ns=begun,
        end_ns=max(begun, _time(response.get("timestamp_end"), begun)),
        protocol=_version(response),
        method="",
        target=b"",
        status=min(number(response.get("status_code") or response.get("code")), 999),
        headers=headers,
        body=body,
        missing=missing,
        complete=whole,
        root=f"byte {offset}, response",
    )


def _frames(messages: list[Any], open_: _Open, offset: int, protocol: str) -> Iterator[Told]:
    """[from_client, content, time] of TCP and UDP; [opcode, from_client, content, time, ...] of WebSocket."""
    open_.streams += 1
    for at, one in enumerate(messages):
        fields = items(one)
        if len(fields) >= 4 and protocol == "websocket":
            fields = fields[1:]
        if len(fields) < 3:
            raise ValueError(f"expected message {at} with its side, content and time")
        up, time_ns = bool(fields[0]), seconds_ns(fields[2])
        yield ToldMessage(
            key=open_.flow.key,
            number=open_.next(open_.streams, from_client=up),
            from_client=up,
            time_ns=time_ns,
            end_ns=time_ns,
            protocol=protocol,
            host=open_.flow.host,
            body=_raw(fields[1]),
            offset=offset,
            stream=open_.streams,
            root=f"byte {offset}, message {at}",
        )


def _dns(value: dict[str, Any], flow: str) -> Iterator[Told]:
    """A question and its answers."""
    for side in ("request", "response"):
        message = members(value.get(side))
        if not message:
            continue
        time_ns = seconds_ns(message.get("timestamp"))
        for one in items(message.get("questions")):
            question = _text(members(one).get("name")).lower().rstrip(".")
            qtype = _QTYPES.get(number(members(one).get("type")), f"TYPE{number(members(one).get('type'))}")
            answers = items(message.get("answers"))
            yield ToldName(time_ns, question, qtype, flow, answered=side == "response" and not answers)
            for answer in map(members, answers):
                data, kind = _raw(answer.get("data")), _QTYPES.get(number(answer.get("type")), "")
                yield ToldName(
                    time_ns,
                    question,
                    qtype,
                    flow,
                    name=_text(answer.get("name")).lower(),
                    rtype=kind,
                    value=_address(data),
                    ttl=min(number(answer.get("ttl")), 1 << 31),
                    answered=True,
                )


def _address(data: bytes) -> str:
    if len(data) == 4:
        return ".".join(map(str, data))
    return ":".join(f"{data[i] << 8 | data[i + 1]:x}" for i in range(0, 16, 2)) if len(data) == 16 else ""
