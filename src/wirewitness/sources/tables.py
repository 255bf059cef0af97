"""CSV files of phone apps that list connections: PCAPdroid's and TrackerControl's, known by columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from wirewitness.model.telling import FlowEnd, Lack, Skipped, Told, ToldFlow
from wirewitness.sources.conversation import FlowIds
from wirewitness.sources.importer import Importer
from wirewitness.sources.reading import Lines
from wirewitness.sources.values import millis_ns, number, port

Row = dict[str, str]
_STATES = {
    "unreachable": "unanswered",
    "error": "refused",
    "reset": "reset",
    "socket error": "refused",
    "client error": "refused",
}
_PCAPDROID = (
    "ipproto",
    "srcip",
    "srcport",
    "dstip",
    "dstport",
    "uid",
    "app",
    "info",
    "bytessent",
    "bytesrcvd",
    "firstseen",
    "lastseen",
)
_TRACKERS = ("uid", "daddr", "time", "uncertain", "tracker", "category", "package", "app")
_LEAST_HEADERS = {6: 40, 17: 28}
"""PCAPdroid counts IP packets: the least that IPv4 and TCP or UDP headers take."""


def _columns(head: bytes) -> tuple[str, ...]:
    first = head.split(b"\n", 1)[0][:4096].decode("utf-8", "replace")
    return tuple(name.strip().strip('"').lower() for name in first.split(","))


def _tell(
    path: Path, ids: FlowIds, needed: tuple[str, ...], flow_of: Callable[[Row, int, FlowIds], ToldFlow]
) -> Iterator[Told]:
    lines = Lines(path)
    names: tuple[str, ...] = ()
    for line, raw in lines:
        if not raw:
            continue
        if not names:
            names = _columns(raw)
            if missing := [name for name in needed if name not in names]:
                yield Skipped(line, f"line {line}: expected the columns {', '.join(missing)}")
                return
            continue
        try:
            values = next(csv.reader(io.StringIO(raw.decode("utf-8", "replace"))), [])
            flow = flow_of(_row(names, values), line, ids)
        except (ValueError, csv.Error) as error:
            yield Skipped(line, f"line {line}: {error}")
            continue
        yield flow
        yield FlowEnd(flow.key)
    if lines.damage:
        yield Skipped(lines.number, lines.damage)


def _row(names: tuple[str, ...], values: list[str]) -> Row:
    if len(values) != len(names):
        raise ValueError(f"expected {len(names)} columns, found {len(values)}")
    return dict(zip(names, values, strict=True))


def _pcapdroid_flow(row: Row, line: int, ids: FlowIds) -> ToldFlow:
    proto = number(row["ipproto"])
    ends = row["srcip"], port(row["srcport"]), row["dstip"], port(row["dstport"])
    if not 0 < proto < 256 or not ends[2]:
        raise ValueError("expected a connection with its protocol and addresses")
    least = _LEAST_HEADERS.get(proto, 20)
    packets = number(row.get("pktssent")), number(row.get("pktsrcvd"))
    sent = (
        max(0, number(row["bytessent"]) - least * packets[0]),
        max(0, number(row["bytesrcvd"]) - least * packets[1]),
    )
    host = row["info"].strip().lower()
    state = _STATES.get(row.get("status", "").strip().lower(), "established")
    layer = row.get("proto", "").strip().lower()
    return ToldFlow(
        key=line,
        id=ids.of(proto, *ends, record=line),
        first_ns=millis_ns(row["firstseen"]),
        last_ns=millis_ns(row["lastseen"]),
        client=ends[0],
        client_port=ends[1],
        server=ends[2],
        server_port=ends[3],
        ip_proto=proto,
        packets=packets,
        sent=sent,
        unread="not_recorded",
        app=row["app"],
        protocol=layer,
        host=host if "." in host and " " not in host else "",
        sni=host if layer in ("tls", "https", "quic") else "",
        state="datagram" if proto != 6 else state if not any(sent) else "established",
    )


def _tracker_flow(row: Row, line: int, ids: FlowIds) -> ToldFlow:
    host = row["daddr"].strip().lower()
    if not host:
        raise ValueError("expected a host in the column daddr")
    when = millis_ns(row["time"])
    return ToldFlow(
        key=line,
        id=ids.of_record(line),
        first_ns=when,
        last_ns=when,
        host=host,
        unread="size_unknown",
        app=row["package"] or row["app"],
    )


PCAPDROID = Importer(
    kind="pcapdroid_csv",
    what="PCAPdroid's list of connections (CSV)",
    lacks=(Lack.BODIES, Lack.HEADERS),
    recognise=lambda head: {"ipproto", "srcip", "dstip", "bytessent"} <= set(_columns(head)),
    tell=lambda path, ids: _tell(path, ids, _PCAPDROID, _pcapdroid_flow),
)
TRACKER_CONTROL = Importer(
    kind="tracker_control",
    what="TrackerControl's list (CSV)",
    lacks=(Lack.BODIES, Lack.HEADERS, Lack.SIZES, Lack.ADDRESSES, Lack.ATTEMPTS, Lack.OTHER_TRAFFIC),
    recognise=lambda head: {"daddr", "uncertain", "tracker"} <= set(_columns(head)),
    tell=lambda path, ids: _tell(path, ids, _TRACKERS, _tracker_flow),
)
