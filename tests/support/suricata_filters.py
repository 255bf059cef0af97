"""Reads suricata-verify's test.yaml: filters that count events, asked of our tables instead of Suricata's log.

A filter names an event type, values that its events must have, and how many there must be. What our tables say as
well is compared by `MEANT`; what only Suricata can say (its rules, its policies, its own numbering) is left out, and
then there must be at least so many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import yaml

Row = dict[str, Any]
EVENTS = ("http", "http2", "tls", "dns", "quic", "flow")
PROTOCOLS = {
    1: "ICMP",
    4: "IP-in-IP",
    6: "TCP",
    17: "UDP",
    41: "IPv6",
    47: "GRE",
    58: "IPv6-ICMP",
    132: "SCTP",
}
SPOKEN = {"http/1.1": "http", "h2": "http2", "h3": "quic", "websocket": "websocket", "unknown": "failed"}
NAMED = frozenset({"http", "http2", "tls", "dns", "quic", "failed"})
"""Protocols that both name; which other protocol it is (SMB, NFS) only Suricata says."""


@dataclass(frozen=True)
class Filter:
    """One check. `least`: some of its values only Suricata can say, so that there must be at least `count`."""

    test: str
    number: int
    capture: Path
    event: str
    count: int
    match: tuple[tuple[str, Any], ...]
    least: bool

    @property
    def name(self) -> str:
        return f"{self.test}:{self.number}"


def read_filters(folder: Path) -> Iterator[Filter]:
    """Every filter of every test that speaks of what we read, of the newest version of Suricata."""
    for path in sorted(folder.rglob("test.yaml")):
        test = yaml.safe_load(path.read_text("utf-8"))
        capture = _capture(path.parent, test)
        if capture is None:
            continue
        for number, check in enumerate(test.get("checks") or []):
            asked = check.get("filter") if isinstance(check, dict) else None
            match = dict((asked or {}).get("match") or {})
            event = match.pop("event_type", None)
            if event not in EVENTS or _is_older(asked):
                continue
            match = {key: value for key, value in _flat(match) if key != "event_type"}
            known = {key: value for key, value in match.items() if _is_known(event, key, value)}
            yield Filter(
                path.parent.name,
                number,
                capture,
                event,
                asked["count"],
                tuple(known.items()),
                least=len(known) < len(match),
            )


def _capture(folder: Path, test: dict[str, Any]) -> Path | None:
    named = test.get("pcap")
    if isinstance(named, str):
        path = folder / named
        return path if path.is_file() else None
    found = sorted(p for p in folder.iterdir() if p.suffix in (".pcap", ".pcapng"))
    return found[0] if len(found) == 1 and named is not False else None


def _is_known(event: str, key: str, value: object) -> bool:
    return key in MEANT[event] and (key != "app_proto" or value in NAMED)


def _is_older(asked: dict[str, Any]) -> bool:
    requires = asked.get("requires") or {}
    return bool({"lt-version", "version"} & set(requires))


def _flat(match: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in match.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def events(tables: dict[str, list[Row]], event: str) -> list[Row]:
    """Our rows that stand for such events; each has its flow's columns as `flow_*` where it is none itself."""
    flows = {row["id"]: row for row in tables["flow"]}
    match event:
        case "flow":
            return tables["flow"]
        case "tls":
            return [row for row in tables["flow"] if row["tls_version"] and row["ip_proto"] == 6]
        case "quic":
            return [
                row for row in tables["flow"] if row["protocol"] in ("quic", "h3") or row["ja4"][:1] == "q"
            ]
        case "dns":
            return list(_look_ups(tables, flows))
        case _:
            return list(_exchanges(tables, flows))


def _look_ups(tables: dict[str, list[Row]], flows: dict[str, Row]) -> Iterator[Row]:
    """Questions are messages; an answer is what the table of names has of one moment, also from DNS over HTTPS."""
    for row in tables["message"]:
        if row["protocol"] == "dns" and row["from_client"]:
            yield flows[row["flow"]] | {"from_client": True}
    for flow, _ in {(row["flow"], row["time_ns"]): None for row in tables["name"] if row["answered"]}:
        yield flows[flow] | {"from_client": False}


def _exchanges(tables: dict[str, list[Row]], flows: dict[str, Row]) -> Iterator[Row]:
    """Request and answer of one number are one event, as Suricata's transaction is; one may be missing."""
    pairs: dict[tuple[str, int, int], Row] = {}
    for row in tables["message"]:
        if row["protocol"] not in ("http/1.1", "h2", "h3"):
            continue
        one = pairs.setdefault((row["flow"], row["stream"], row["number"]), {})
        one["request" if row["from_client"] else "answer"] = row
    for (flow, stream, number), pair in pairs.items():
        request, answer = pair.get("request", {}), pair.get("answer", {})
        yield flows[flow] | {
            "stream": stream,
            "number": number,
            "asked": request,
            "answered": answer,
            "protocol": (request or answer)["protocol"],
        }


def holds(asked: Filter, tables: dict[str, list[Row]]) -> tuple[bool, int]:
    """Whether our tables say the same, and how many rows fit."""
    meant = MEANT[asked.event]
    found = sum(
        all(meant[key](row, value) for key, value in asked.match) for row in events(tables, asked.event)
    )
    return (found >= asked.count if asked.least else found == asked.count), found


def _address(name: str) -> Callable[[Row, Any], bool]:
    return lambda row, value: ip_address(row[name]) == ip_address(str(value))


def _equal(name: str) -> Callable[[Row, Any], bool]:
    return lambda row, value: row[name] == value


def _of(side: str, name: str) -> Callable[[Row, Any], bool]:
    return lambda row, value: row[side].get(name) == value


def _version(value: str) -> str:
    """Drafts of TLS 1.3 have a name of their own in each program."""
    draft = value.partition(" draft-")[2]
    return f"TLS 1.3 (draft {draft})" if draft else {"TLSv1": "TLS 1.0"}.get(value, value)


def _path(target: object) -> str:
    """Our tables leave parameters' values out: what is before them is compared."""
    return str(target or "").split("?")[0].split("#")[0]


def _name(row_value: str, value: str) -> bool:
    """Suricata prints a subject's parts in the file's order with its own names: the common name is compared."""
    common = next((part[3:] for part in value.split(", ") if part.startswith("CN=")), "")
    return not common or common in row_value


COMMON: dict[str, Callable[[Row, Any], bool]] = {
    "src_ip": _address("client"),
    "dest_ip": _address("server"),
    "src_port": _equal("client_port"),
    "dest_port": _equal("server_port"),
    "proto": lambda row, value: PROTOCOLS.get(row["ip_proto"]) == value,
}
MEANT: dict[str, dict[str, Callable[[Row, Any], bool]]] = {
    "flow": COMMON
    | {
        "app_proto": lambda row, value: SPOKEN.get(row["protocol"], row["protocol"]) == value,
        "flow.pkts_toserver": _equal("packets_client"),
        "flow.pkts_toclient": _equal("packets_server"),
        "ip_v": lambda row, value: ip_address(row["client"]).version == value,
    },
    "tls": COMMON
    | {
        "tls.sni": _equal("sni"),
        "tls.version": lambda row, value: row["tls_version"] == _version(value),
        "tls.subject": lambda row, value: _name(row["cert_subject"], value),
        "tls.issuerdn": lambda row, value: _name(row["cert_issuer"], value),
    },
    "http": COMMON
    | {
        "http.hostname": lambda row, value: row["asked"].get("host") == value.lower(),
        "http.url": lambda row, value: _path(row["asked"].get("target")) == _path(value),
        "http.http_method": _of("asked", "method"),
        "http.http_user_agent": _of("asked", "user_agent"),
        "http.status": _of("answered", "status"),
        "http.length": lambda row, value: row["answered"].get("decoded_bytes", 0) == value,
        "http.protocol": lambda row, value: (
            {"http/1.1": "HTTP/1", "h2": "HTTP/2"}.get(row["protocol"], "") == value[:6]
        ),
        "http.http2.stream_id": _equal("stream"),
        "tx_id": _equal("number"),
    },
    "dns": COMMON
    | {
        "dns.type": lambda row, value: row["from_client"] == (value in ("query", "request")),
    },
    "quic": COMMON,
}
MEANT["http2"] = MEANT["http"]
