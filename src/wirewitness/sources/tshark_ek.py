"""tshark's `-T ek`: one packet a line in the form for Elasticsearch, fields as `layer_layer_field`.

Packets are added up to conversations, sizes are exact; requests bring their target and named headers,
and a body where tshark printed it (`http.file_data`). Other payload is counted and not in it.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wirewitness.model.telling import FlowEnd, Lack, Told, ToldFlow, ToldName
from wirewitness.sources.conversation import MOST_OPEN, TCP, UDP, FlowIds, ends_of, http_record
from wirewitness.sources.importer import Importer
from wirewitness.sources.json_records import tell_records
from wirewitness.sources.values import items, members, millis_ns, number, text

Layers = dict[str, Any]


def recognise(head: bytes) -> bool:
    """The index line that precedes each packet."""
    return head.startswith(b'{"index":{"_index":"packets-')


def tell(path: Path, ids: FlowIds) -> Iterator[Told]:
    """Every packet; conversations are told once more at the end, with their sums."""
    packets = _Packets(ids)
    yield from tell_records(path, "a packet as tshark -T ek writes it", packets.tell)
    yield from packets.flows.values()


IMPORTER = Importer(
    kind="tshark_ek",
    what="tshark's -T ek",
    lacks=(Lack.BODIES,),
    recognise=recognise,
    tell=tell,
)


@dataclass
class _Packets:
    ids: FlowIds
    flows: dict[tuple[int, tuple[str, int], tuple[str, int]], ToldFlow] = field(default_factory=dict)
    counts: dict[tuple[int, bool], int] = field(default_factory=dict)
    keys: int = 0

    def tell(self, record: Layers, line: int) -> Iterator[Told]:
        """One packet; the line before each, for Elasticsearch, says nothing."""
        if "index" in record:
            return
        layers = {name: members(value) for name, value in members(record.get("layers")).items()}
        ip = layers.get("ip") or layers.get("ipv6")
        if not layers:
            raise ValueError("expected a packet with its layers")
        if not ip:
            return
        version = "ip" if "ip" in layers else "ipv6"
        proto, name = (TCP, "tcp") if "tcp" in layers else (UDP, "udp") if "udp" in layers else (0, "")
        if not proto:
            return
        when = millis_ns(record.get("timestamp"))
        part = layers[name]
        ends = ends_of(
            lambda column: _one(ip, column) or _one(part, column),
            (
                f"{version}_{version}_src",
                f"{name}_{name}_srcport",
                f"{version}_{version}_dst",
                f"{name}_{name}_dstport",
            ),
        )
        src, dst = ends[:2], ends[2:]
        key = (proto, *sorted((src, dst)))
        flow = self.flows.get(key)  # type: ignore[arg-type]
        if flow is None:
            answer = _flag(part, "tcp_tcp_flags_syn") and _flag(part, "tcp_tcp_flags_ack")
            client, server = (dst, src) if answer or (proto == UDP and src[1] == 53) else (src, dst)
            self.keys += 1
            flow = self.ids.open(self.keys, proto, (*client, *server), when, record=line)
            yield flow
            yield from self._make_room()
        up = src == (flow.client, flow.client_port)
        size = (
            number(_one(part, "tcp_tcp_len"))
            if proto == TCP
            else max(0, number(_one(part, "udp_udp_length")) - 8)
        )
        self.flows[key] = _counted(flow, up=up, size=size, when=when, layers=layers)  # type: ignore[index]
        yield from self._http(layers.get("http", {}), flow, when, line)
        yield from _dns(layers.get("dns", {}), flow.id, when)

    def _make_room(self) -> Iterator[Told]:
        """Ends the conversation that was opened first where too many are open: its sums so far are told."""
        if len(self.flows) < MOST_OPEN:
            return
        flow = self.flows.pop(next(iter(self.flows)))
        for up in (True, False):
            self.counts.pop((flow.key, up), None)
        yield flow
        yield FlowEnd(flow.key)

    def _http(self, http: Layers, flow: ToldFlow, when: int, line: int) -> Iterator[Told]:
        method, status = _one(http, "http_http_request_method"), number(_one(http, "http_http_response_code"))
        if not method and not status:
            return
        up = bool(method)
        count = self.counts.get((flow.key, up), 0)
        self.counts[flow.key, up] = count + 1
        headers = []
        for value in _all(http, "http_http_request_line" if up else "http_http_response_line"):
            name, _, rest = value.rstrip("\r\n").partition(": ")
            headers.append((name, rest.encode("utf-8", "replace")))
        host = _one(http, "http_http_host").lower()
        yield replace(
            http_record(flow.key, count, when, host, line=line),
            from_client=up,
            method=method,
            status=min(status, 999) if not up else 0,
            target=_one(http, "http_http_request_uri").encode("utf-8", "replace"),
            headers=tuple(headers),
            body=_body(http),
        )


def _body(http: Layers) -> bytes:
    """Hex with or without colons, as versions differ; else the text as it stands."""
    value = _one(http, "http_http_file_data")
    try:
        return binascii.unhexlify(value.replace(":", ""))
    except (binascii.Error, ValueError):
        return value.encode("utf-8", "replace")


def _counted(flow: ToldFlow, *, up: bool, size: int, when: int, layers: dict[str, Layers]) -> ToldFlow:
    one, other = (1, 0) if up else (0, 1)
    tls = layers.get("tls", {})
    sni = _one(tls, "tls_tls_handshake_extensions_server_name").lower() or flow.sni
    host = _one(layers.get("http", {}), "http_http_host").lower() or sni or flow.host
    return replace(
        flow,
        packets=(flow.packets[0] + one, flow.packets[1] + other),
        sent=(flow.sent[0] + one * size, flow.sent[1] + other * size),
        first_ns=min(flow.first_ns, when),
        last_ns=max(flow.last_ns, when),
        sni=sni,
        host=flow.host or host,
        protocol=flow.protocol or ("tls" if tls else "dns" if "dns" in layers else ""),
    )


def _dns(dns: Layers, flow: str, when: int) -> Iterator[Told]:
    answered = _flag(dns, "dns_dns_flags_response")
    for question in _all(dns, "dns_dns_qry_name"):
        name = question.lower().rstrip(".")
        values = [("A", v) for v in _all(dns, "dns_dns_a")] + [("AAAA", v) for v in _all(dns, "dns_dns_aaaa")]
        values += [("CNAME", v.lower().rstrip(".")) for v in _all(dns, "dns_dns_cname")]
        yield ToldName(when, name, flow=flow, answered=answered and not values)
        for rtype, value in values:
            yield ToldName(when, name, flow=flow, name=name, rtype=rtype, value=value, answered=True)


def _all(layer: Layers, name: str) -> list[str]:
    value = layer.get(name)
    return (
        [text(one) for one in items(value)]
        if isinstance(value, list)
        else [text(value)]
        if value is not None
        else []
    )


def _one(layer: Layers, name: str) -> str:
    return next(iter(_all(layer, name)), "")


def _flag(layer: Layers, name: str) -> bool:
    return _one(layer, name).lower() in ("1", "true")
