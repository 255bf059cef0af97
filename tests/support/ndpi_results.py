"""Reads nDPI's result files: a line a flow, with its addresses and the server name it found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"^\t\d+\t(?P<proto>[A-Za-z0-9-]+) (?P<a>\S+) <?-> (?P<b>\S+) (?P<rest>\[.*)$")
NAME = re.compile(r"\[Hostname/SNI: ([^\]]*)\]")
JA4 = re.compile(r"\[JA4: ([^\]]*)\]")
PROTO = re.compile(r"\[proto: ([^/\]]*)/([^\]]*)\]")
NUMBERS = {
    "ICMP": 1,
    "IGMP": 2,
    "TCP": 6,
    "UDP": 17,
    "GRE": 47,
    "ESP": 50,
    "AH": 51,
    "ICMPV6": 58,
    "OSPF": 89,
    "EGP": 8,
    "IP in IP": 4,
    "PIM": 103,
    "VRRP": 112,
    "SCTP": 132,
    "PGM": 113,
}


@dataclass(frozen=True)
class NdpiFlow:
    proto: str
    ends: frozenset[tuple[str, int]]
    name: str
    ja4: str
    application: str


def endpoint(text: str) -> tuple[str, int]:
    if text.startswith("["):
        address, _, port = text[1:].rpartition("]:")
    else:
        address, _, port = text.rpartition(":")
    return address, int(port)


def read(path: Path) -> list[NdpiFlow]:
    """Every flow of a result file, in its order."""
    flows = []
    for line in path.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        rest = match["rest"]
        if not PROTO.search(rest):
            continue
        name = NAME.search(rest)
        ja4 = JA4.search(rest)
        application = PROTO.search(rest)
        flows.append(
            NdpiFlow(
                proto=match["proto"],
                ends=frozenset([endpoint(match["a"]), endpoint(match["b"])]),
                name=name[1] if name else "",
                ja4=ja4[1] if ja4 else "",
                application=application[2] if application else "",
            )
        )
    return flows
