"""Zeek's logs, TSV or JSON, also gzipped: one folder of them is one source, joined by Zeek's `uid`.

Read are conn (who, when, how many bytes), http (method, host, target, sizes), ssl (server names) and
dns; the others of a folder are passed over. No log holds a body: its bytes are counted and stay unread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from wirewitness.model.telling import (
    FlowEnd,
    Lack,
    Skipped,
    SourceInfo,
    Told,
    ToldFlow,
    ToldName,
)
from wirewitness.sources.conversation import PROTOCOLS, UDP, FlowIds, both_of, ends_of, http_record
from wirewitness.sources.importer import Importer, info_of
from wirewitness.sources.reading import Lines, hash_of, head_of
from wirewitness.sources.values import iso_ns, items, number, seconds_ns, text

NEEDED = {
    "conn": ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto"),
    "http": ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"),
    "ssl": ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"),
    "dns": ("ts", "uid", "id.orig_h", "id.resp_h", "query"),
}
_TELLS = {"conn": "conn_state", "ssl": "server_name", "dns": "query", "http": "method"}
_STATES = {
    "S0": "unanswered",
    "SH": "unanswered",
    "REJ": "refused",
    "RSTOS0": "unanswered",
    "RSTRH": "refused",
    "OTH": "midstream",
}
_SERVICES = {"ssl": "tls", "http": "http/1.1", "dns": "dns", "quic": "quic"}


def recognise(head: bytes) -> bool:
    """A log of one of the kinds that are read: TSV by its first lines, JSON by Zeek's own names."""
    first = head.split(b"\n", 1)[0]
    names = (b'"ts"', b'"uid"', b'"id.orig_h"')
    is_log = head.startswith(b"#separator ") or (head.startswith(b"{") and all(n in first for n in names))
    return is_log and _kind_of(head) in NEEDED


def tell(path: Path, ids: FlowIds) -> Iterator[Told]:
    """One log by itself, or every log of a folder."""
    return tell_logs(logs_of(path), ids)


IMPORTER = Importer(
    kind="zeek",
    what="a Zeek log",
    lacks=(Lack.BODIES, Lack.HEADERS),
    recognise=recognise,
    tell=tell,
)


@dataclass(frozen=True)
class ZeekFolder:
    """The Zeek logs of a folder (and of its day folders) as one source."""

    path: Path
    logs: tuple[Path, ...]

    @cached_property
    def sha256(self) -> str:
        """SHA-256 over the names and hashes of the logs, in the order of the names."""
        digest = sha256()
        for log in self.logs:
            digest.update(f"{log.relative_to(self.path).as_posix()}\0{hash_of(log)}\n".encode())
        return digest.hexdigest()

    def tell(self) -> Iterator[Told]:
        """Everything in them."""
        return tell_logs(self.logs, FlowIds(f"zeek-{self.sha256[:12]}"))

    @cached_property
    def info(self) -> SourceInfo:
        """What the folder is."""
        size = sum(log.stat().st_size for log in self.logs)
        return info_of(self.path, IMPORTER, self.sha256, size, self.tell())


def logs_of(path: Path) -> tuple[Path, ...]:
    """The Zeek logs at a path: itself, or those in a folder and one folder deeper, by name."""
    if not path.is_dir():
        return (path,)
    inside = sorted(
        p
        for pattern in ("*", "*/*")
        for p in path.glob(pattern)
        if p.is_file() and not p.name.startswith(".")
    )
    return tuple(p for p in inside if recognise(head_of(p)))


@dataclass
class _Join:
    """What the logs of one folder say of the same conversation, by its uid."""

    ids: FlowIds
    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    spoken: dict[str, int] = field(default_factory=dict)
    flows: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    keys: int = 0

    def key(self) -> int:
        self.keys += 1
        return self.keys


Record = dict[str, Any]
_TellRecord = Callable[[Record, int, Path, _Join], Iterator[Told]]


def tell_logs(logs: tuple[Path, ...], ids: FlowIds) -> Iterator[Told]:
    """Ssl first (names), then which connections speak HTTP, then conn, http and dns."""
    join = _Join(ids)
    by_kind = _sorted_by_kind(logs)
    passes: tuple[tuple[str, _TellRecord], ...] = (
        ("ssl", _learn_server),
        ("http", _learn_spoken),
        ("conn", _conn),
        ("http", _http),
        ("ssl", _ssl_alone),
        ("dns", _dns),
    )
    for number_, (kind, tell_record) in enumerate(passes):
        if tell_record is _learn_spoken and not by_kind["conn"]:
            continue
        for log in by_kind[kind]:
            for told in _each(log, kind, tell_record, join):
                # A log that is read twice is complained of once.
                if not (isinstance(told, Skipped) and (kind, number_) in (("http", 1), ("ssl", 4))):
                    yield told


def _sorted_by_kind(logs: tuple[Path, ...]) -> dict[str, list[Path]]:
    by_kind: dict[str, list[Path]] = {kind: [] for kind in NEEDED}
    for log in logs:
        by_kind.get(_kind_of(head_of(log)), []).append(log)
    return by_kind


def _kind_of(head: bytes) -> str:
    if named := re.search(rb"^#path\t(\w+)", head, re.MULTILINE):
        return named[1].decode()
    if named := re.search(rb'"_path":"(\w+)"', head):
        return named[1].decode()
    first = head.split(b"\n", 1)[0]
    return next((kind for kind, name in _TELLS.items() if f'"{name}"'.encode() in first), "")


def _each(log: Path, kind: str, tell_record: _TellRecord, join: _Join) -> Iterator[Told]:
    """What every record of a log tells; a record that is none is skipped."""
    lines = Lines(log)
    names: list[str] = []
    unset, empty = "-", "(empty)"
    for line, raw in lines:
        if not raw:
            continue
        try:
            if raw.startswith(b"#"):
                word, _, rest = raw.decode("utf-8", "replace").partition("\t")
                if word == "#fields":
                    names = rest.split("\t")
                    _refuse_missing(names, kind, log, line)
                elif word == "#unset_field":
                    unset = rest
                elif word == "#empty_field":
                    empty = rest
                continue
            record = json.loads(raw) if raw.startswith(b"{") else _row(raw, names, unset, empty)
            yield from tell_record(record, line, log, join)
        except _WrongLogError as error:
            yield Skipped(line, str(error))
            return
        except (ValueError, RecursionError, AttributeError) as error:
            why = (
                f"expected a record of a Zeek {kind} log"
                if isinstance(error, json.JSONDecodeError)
                else error
            )
            yield Skipped(line, f"{log.name} line {line}: {why}")
    if lines.damage:
        yield Skipped(lines.number, f"{log.name} {lines.damage}")


class _WrongLogError(ValueError):
    """The whole log lacks what is needed."""


def _refuse_missing(names: list[str], kind: str, log: Path, line: int) -> None:
    missing = [name for name in NEEDED[kind] if name not in names]
    if missing:
        raise _WrongLogError(
            f"{log.name} line {line}: expected a Zeek {kind} log with the columns {', '.join(missing)}"
        )


def _row(raw: bytes, names: list[str], unset: str, empty: str) -> Record:
    values = raw.decode("utf-8", "replace").split("\t")
    if len(values) != len(names):
        raise ValueError(f"expected {len(names)} columns, found {len(values)}")
    return {n: "" if v == empty else v for n, v in zip(names, values, strict=True) if v != unset}


def _time(record: Record) -> int:
    ts = record.get("ts")
    return iso_ns(ts) if isinstance(ts, str) and "T" in ts else seconds_ns(ts)


_ENDS = ("id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p")


def _learn_server(record: Record, _line: int, _log: Path, join: _Join) -> Iterator[Told]:
    uid = text(record.get("uid"))
    if uid and len(join.servers) < 1_000_000:
        join.servers[uid] = {
            k: text(record.get(k))
            for k in (
                "server_name",
                "version",
                "cipher",
                "next_protocol",
                "subject",
                "issuer",
                "last_alert",
                "established",
            )
        }
    yield from ()


def _learn_spoken(record: Record, _line: int, _log: Path, join: _Join) -> Iterator[Told]:
    join.spoken.setdefault(text(record.get("uid")), -1)
    yield from ()


def _flow(record: Record, line: int, join: _Join, proto: int) -> ToldFlow:
    uid, ends = text(record.get("uid")), ends_of(record.get, _ENDS)
    server = join.servers.get(uid, {})
    when = _time(record)
    flow = replace(
        join.ids.open(join.key(), proto, ends, when, record=line),
        host=server.get("server_name", "").lower(),
        sni=server.get("server_name", "").lower(),
        tls_version=server.get("version", ""),
        cipher=server.get("cipher", ""),
        alpn=server.get("next_protocol", ""),
        cert_subject=server.get("subject", ""),
        cert_issuer=server.get("issuer", ""),
        protocol="tls" if server else "",
        state="established",
    )
    join.flows[uid] = flow.id
    return flow


def _conn(record: Record, line: int, _log: Path, join: _Join) -> Iterator[Told]:
    uid, proto = text(record.get("uid")), PROTOCOLS.get(text(record.get("proto")), 0)
    flow = _flow(record, line, join, proto)
    duration = record.get("duration")
    state = "datagram" if proto != 6 else _STATES.get(text(record.get("conn_state")), "established")
    sent = both_of(record.get, ("orig_bytes", "resp_bytes"))
    service = text(record.get("service")).split(",")[0]
    flow = replace(
        flow,
        last_ns=flow.first_ns + (seconds_ns(duration) if duration else 0),
        sent=sent,
        packets=both_of(record.get, ("orig_pkts", "resp_pkts")),
        state="established" if state in ("unanswered", "refused") and any(sent) else state,
        protocol=flow.protocol or _SERVICES.get(service, service),
        client_mac=text(record.get("orig_l2_addr")),
    )
    yield flow
    if uid in join.spoken:
        join.spoken[uid] = flow.key
    else:
        yield FlowEnd(flow.key)


def _http(record: Record, line: int, log: Path, join: _Join) -> Iterator[Told]:
    uid = text(record.get("uid"))
    key = join.spoken.get(uid, -1)
    if key < 0:
        flow = replace(_flow(record, line, join, 6), protocol="http/1.1")
        key = join.spoken[uid] = flow.key
        yield flow
    when, host = _time(record), text(record.get("host")).lower()
    count = join.counts.get(uid, 0)
    join.counts[uid] = count + 1
    named = (("Host", "host"), ("User-Agent", "user_agent"), ("Referer", "referrer"), ("Origin", "origin"))
    headers = tuple((n, text(record[c]).encode("utf-8", "replace")) for n, c in named if record.get(c))
    said = http_record(key, count, when, host, line=line, log=log.name)
    if method := text(record.get("method")):
        yield replace(
            said,
            method=method,
            target=text(record.get("uri")).encode("utf-8", "replace"),
            headers=headers,
            missing=number(record.get("request_body_len")),
        )
    if status := number(record.get("status_code")):
        kind = items(record.get("resp_mime_types")) or text(record.get("resp_mime_types")).split(",")
        yield replace(
            said,
            from_client=False,
            status=min(status, 999),
            headers=(("Content-Type", text(kind[0]).encode()),) if kind and kind[0] else (),
            missing=number(record.get("response_body_len")),
        )


def _ssl_alone(record: Record, line: int, _log: Path, join: _Join) -> Iterator[Told]:
    """A TLS session of which there is no conn record: how much went over it is not known."""
    if text(record.get("uid")) in join.flows:
        return
    failed = text(record.get("established")).lower() in ("f", "false")
    alert = text(record.get("last_alert")) if failed else ""
    flow = _flow(record, line, join, UDP if text(record.get("proto")) == "udp" else 6)
    state = "aborted_handshake" if failed else flow.state
    yield replace(flow, unread="" if failed else "size_unknown", alert=alert, state=state)
    yield FlowEnd(flow.key)


def _dns(record: Record, _line: int, _log: Path, join: _Join) -> Iterator[Told]:
    question, when = text(record.get("query")).lower().rstrip("."), _time(record)
    if not question:
        return
    qtype, flow = text(record.get("qtype_name")), join.flows.get(text(record.get("uid")), "")
    rcode = min(number(record.get("rcode")), 255)
    found = record.get("answers")
    answers = items(found) if isinstance(found, list) else [a for a in text(found).split(",") if a]
    answered = bool(answers) or record.get("rcode") is not None
    yield ToldName(when, question, qtype, flow, rcode=rcode, answered=answered and not answers)
    for answer in answers:
        value = text(answer).lower().rstrip(".")
        yield ToldName(
            when, question, qtype, flow, question, _answer_type(value), value, 0, rcode, answered=True
        )


def _answer_type(value: str) -> str:
    try:
        return "A" if ip_address(value).version == 4 else "AAAA"
    except ValueError:
        return "CNAME" if "." in value and " " not in value else "TXT"
