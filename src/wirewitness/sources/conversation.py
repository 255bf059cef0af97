"""Names of conversations: Community ID 1.0 where both ends are known, else the record's number."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address

from wirewitness.model.telling import ToldFlow, ToldMessage
from wirewitness.sources.values import number, port, text

Ends = tuple[str, int, str, int]
"""Address and port of who opened a conversation, then of the other side."""

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
PROTOCOLS = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "ipv6-icmp": ICMP6, "icmpv6": ICMP6, "icmp6": ICMP6}


def community_id(proto: int, client: str, client_port: int, server: str, server_port: int) -> str | None:
    """The Community ID (seed 0) of a TCP or UDP conversation; None when an address is none.

    >>> community_id(6, "128.232.110.120", 34855, "66.35.250.204", 80)
    '1:LQU9qZlK+B5F3KDmev6m5PMibrg='
    """
    try:
        ends = sorted((ip_address(a).packed, p) for a, p in ((client, client_port), (server, server_port)))
    except ValueError:
        return None
    (a, a_port), (b, b_port) = ends
    data = b"\0\0" + a + b + bytes((proto, 0)) + a_port.to_bytes(2, "big") + b_port.to_bytes(2, "big")
    return "1:" + base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def is_private(address: str) -> bool:
    """True for an address of a home's network."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return known.is_private and not known.is_loopback and not known.is_unspecified


def http_record(key: int, number: int, when: int, host: str, *, line: int, log: str = "") -> ToldMessage:
    """What logs say alike of a request in clear; `replace` adds the rest, or makes it the answer."""
    return ToldMessage(
        key=key,
        number=number,
        from_client=True,
        time_ns=when,
        end_ns=when,
        protocol="http/1.1",
        scheme="http",
        host=host,
        offset=line,
        root=f"{log} line {line}".strip(),
    )


def ends_of(read: Callable[[str], object], columns: tuple[str, str, str, str]) -> Ends:
    """Address and port of who opened, then of the other side; `read` gives a column."""
    client, client_port, server, server_port = (read(column) for column in columns)
    return text(client), port(client_port), text(server), port(server_port)


def both_of(read: Callable[[str], object], columns: tuple[str, str]) -> tuple[int, int]:
    """A count of each side (bytes, packets), that of who opened first."""
    sent, received = columns
    return number(read(sent)), number(read(received))


MOST_OPEN = 200_000
"""Conversations that an importer holds open; beyond, the one that was opened first is ended."""


class FlowIds:
    """Ids that are stable: the same file gives the same ones. `prefix` names the file."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._seen: Counter[str] = Counter()

    def of(
        self, proto: int, client: str, client_port: int, server: str, server_port: int, *, record: int
    ) -> str:
        """Community ID with the ordinal of that tuple in the file; the record's number without one."""
        known = proto in (TCP, UDP) and client_port and server_port
        name = community_id(proto, client, client_port, server, server_port) if known else None
        if name is None:
            return self.of_record(record)
        self._seen[name] += 1
        return f"{name}#{self._seen[name] - 1}"

    def of_record(self, record: int) -> str:
        """An id that no other file's record has."""
        return f"{self._prefix}:{record}#0"

    def open(self, key: int, proto: int, ends: Ends, when: int, *, record: int) -> ToldFlow:
        """The conversation that a log's record begins; its bytes are counted and not held."""
        client, client_port, server, server_port = ends
        return ToldFlow(
            key=key,
            id=self.of(proto, *ends, record=record),
            first_ns=when,
            last_ns=when,
            client=client,
            client_port=client_port,
            server=server,
            server_port=server_port,
            ip_proto=proto,
            state="established" if proto == TCP else "datagram",
            unread="not_recorded",
        )
