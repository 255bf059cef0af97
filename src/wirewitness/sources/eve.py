"""Suricata's eve.json: one event a line; flow, http, tls, quic and dns events, joined by `flow_id`.

Its byte counts are of whole packets; the least that headers take is subtracted, so that what is left is an
upper bound of what was said. Bodies are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wirewitness.model.telling import FlowEnd, Lack, Told, ToldFlow, ToldName
from wirewitness.sources.conversation import (
    MOST_OPEN,
    PROTOCOLS,
    FlowIds,
    both_of,
    ends_of,
    http_record,
)
from wirewitness.sources.importer import Importer
from wirewitness.sources.json_records import tell_records
from wirewitness.sources.values import iso_ns, items, members, number, text

_ANSWERS = ("answer", "response")
_LEAST_HEADERS = {6: 54, 17: 42}
"""Ethernet, IPv4 and TCP or UDP without options."""


def recognise(head: bytes) -> bool:
    """A JSON line with Suricata's own names."""
    first = head.split(b"\n", 1)[0]
    return first.startswith(b"{") and b'"event_type"' in first and b'"timestamp"' in first


def tell(path: Path, ids: FlowIds) -> Iterator[Told]:
    """Every event; a line that is none is skipped."""
    yield from tell_records(path, "an event of Suricata", _Events(ids).tell)


IMPORTER = Importer(
    kind="suricata",
    what="Suricata's eve.json",
    lacks=(Lack.BODIES, Lack.HEADERS),
    recognise=recognise,
    tell=tell,
)


@dataclass
class _Events:
    ids: FlowIds
    flows: dict[str, ToldFlow] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    keys: int = 0

    def tell(self, event: dict[str, Any], line: int) -> Iterator[Told]:
        """What one event says."""
        kind = text(event.get("event_type"))
        if kind not in ("flow", "http", "tls", "quic", "dns"):
            return
        time_ns = iso_ns(event.get("timestamp"))
        name = text(event.get("flow_id")) or f"line {line}"
        flow = self.flows.get(name)
        if kind == "dns" and flow is None and not _opens(event):
            yield from _dns(members(event.get("dns")), time_ns, "")
            return
        if flow is None:
            flow = self._open(event, line, time_ns)
            if kind == "dns":
                # What was said of it is told by the names; its sizes are in the flow's own event.
                flow = replace(flow, unread="", protocol="dns")
        flow = _learn(flow, kind, event, time_ns)
        self.flows[name] = flow
        yield flow
        if len(self.flows) > MOST_OPEN:
            first = next(iter(self.flows))
            self.counts.pop(first, None)
            yield FlowEnd(self.flows.pop(first).key)
        if kind == "dns":
            yield from _dns(members(event.get("dns")), time_ns, flow.id)
        if kind == "http":
            yield from self._http(members(event.get("http")), flow, time_ns, line, name)
        if kind == "flow":
            del self.flows[name]
            self.counts.pop(name, None)
            yield FlowEnd(flow.key)

    def _open(self, event: dict[str, Any], line: int, time_ns: int) -> ToldFlow:
        ends = ends_of(event.get, ("src_ip", "src_port", "dest_ip", "dest_port"))
        if not ends[0] or not ends[2]:
            raise ValueError("expected an event with src_ip and dest_ip")
        if event.get("event_type") != "flow" and text(event.get("direction")) == "to_client":
            ends = (*ends[2:], *ends[:2])
        proto = PROTOCOLS.get(text(event.get("proto")).lower(), 0)
        self.keys += 1
        flow = self.ids.open(self.keys, proto, ends, time_ns, record=line)
        return replace(flow, unread="size_unknown")

    def _http(
        self, http: dict[str, Any], flow: ToldFlow, time_ns: int, line: int, name: str
    ) -> Iterator[Told]:
        count = self.counts.get(name, 0)
        self.counts[name] = count + 1
        host = text(http.get("hostname")).lower()
        named = (("Host", "hostname"), ("User-Agent", "http_user_agent"), ("Referer", "http_refer"))
        headers = tuple((n, text(http[c]).encode("utf-8", "replace")) for n, c in named if http.get(c))
        headers += tuple(
            (text(members(h).get("name")), text(members(h).get("value")).encode("utf-8", "replace"))
            for h in items(http.get("request_headers"))
        )
        record = http_record(flow.key, count, time_ns, host, line=line)
        if method := text(http.get("http_method")):
            target = text(http.get("url")).encode("utf-8", "replace")
            yield replace(record, method=method, target=target, headers=headers)
        if status := number(http.get("status")):
            content = text(http.get("http_content_type"))
            yield replace(
                record,
                from_client=False,
                status=min(status, 999),
                missing=number(http.get("length")),
                headers=(("Content-Type", content.encode()),) if content else (),
            )


def _learn(flow: ToldFlow, kind: str, event: dict[str, Any], time_ns: int) -> ToldFlow:
    flow = replace(flow, last_ns=max(flow.last_ns, time_ns), first_ns=min(flow.first_ns, time_ns))
    if kind in ("tls", "quic"):
        tls = members(event.get(kind))
        sni = text(tls.get("sni")).lower()
        names = ",".join(text(name) for name in items(tls.get("subjectaltname")))
        return replace(
            flow,
            protocol="tls" if kind == "tls" else "quic",
            sni=sni,
            host=sni or flow.host,
            tls_version=text(tls.get("version")),
            cert_subject=text(tls.get("subject")),
            cert_issuer=text(tls.get("issuerdn")),
            cert_names=names,
            ja4=text(tls.get("ja4")),
        )
    if kind == "flow":
        counts = members(event.get("flow"))
        least = _LEAST_HEADERS.get(flow.ip_proto, 34)
        packets = both_of(counts.get, ("pkts_toserver", "pkts_toclient"))
        sizes = both_of(counts.get, ("bytes_toserver", "bytes_toclient"))
        sent = max(0, sizes[0] - least * packets[0]), max(0, sizes[1] - least * packets[1])
        start, end = counts.get("start"), counts.get("end")
        refused = flow.ip_proto == 6 and not any(sent)
        reset = text(counts.get("reason")) and members(event.get("tcp")).get("rst")
        state = ("refused" if reset else "unanswered") if refused else flow.state
        return replace(
            flow,
            packets=packets,
            sent=sent,
            unread="not_recorded",
            state=state,
            first_ns=iso_ns(start) if start else flow.first_ns,
            last_ns=iso_ns(end) if end else flow.last_ns,
            protocol=flow.protocol or text(event.get("app_proto")).replace("failed", "unknown"),
        )
    return flow


def _opens(event: dict[str, Any]) -> bool:
    """Whether a DNS event is of a question, so that who asked is known."""
    asked = text(members(event.get("dns")).get("type")) not in _ANSWERS
    return asked and bool(event.get("src_ip") and event.get("dest_ip"))


def _dns(dns: dict[str, Any], time_ns: int, flow: str) -> Iterator[Told]:
    """Version 1 and 2 (rrname), and 3 (queries)."""
    queries = [members(q) for q in items(dns.get("queries"))] or [dns]
    answered = text(dns.get("type")) in _ANSWERS
    for query in queries:
        question, qtype = text(query.get("rrname")).lower().rstrip("."), text(query.get("rrtype"))
        if not question:
            continue
        answers = [members(a) for a in items(dns.get("answers"))]
        yield ToldName(time_ns, question, qtype, flow, answered=answered and not answers)
        for answer in answers if answered else ():
            yield ToldName(
                time_ns,
                question,
                qtype,
                flow,
                name=text(answer.get("rrname")).lower(),
                rtype=text(answer.get("rrtype")),
                value=text(answer.get("rdata")).lower(),
                ttl=min(number(answer.get("ttl")), 1 << 31),
                answered=True,
            )
