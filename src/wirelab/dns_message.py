"""DNS messages made of names and values: questions and their answers (RFC 1035, 3596).

Names are not compressed but for the owner, which points at the question.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Sequence
from dataclasses import dataclass

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65}


@dataclass(frozen=True)
class Answer:
    """One resource record: owner name, type, value as text, seconds to live."""

    name: str
    rtype: str
    value: str
    ttl: int = 300


def pack_name(name: str) -> bytes:
    """A domain name on the wire.

    Raises:
        ValueError: for a label over 63 bytes or a name over 255.
    """
    packed = b""
    for label in name.rstrip(".").split("."):
        raw = label.encode("idna") if not label.isascii() else label.encode("ascii")
        if not 0 < len(raw) < 64:
            raise ValueError(f"a label of a DNS name has 1 to 63 bytes: {label[:70]!r}")
        packed += bytes([len(raw)]) + raw
    if len(packed) > 254:
        raise ValueError("a DNS name has at most 255 bytes")
    return packed + b"\0"


def question(number: int, name: str, qtype: str) -> bytes:
    """A query with recursion desired."""
    return (
        struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0)
        + pack_name(name)
        + struct.pack("!HH", TYPES[qtype], 1)
    )


def response(number: int, name: str, qtype: str, answers: Sequence[Answer], rcode: int = 0) -> bytes:
    """The answer to a query; `rcode` 3 says that the name does not exist."""
    head = struct.pack("!HHHHHH", number, 0x8180 | rcode, 1, len(answers), 0, 0)
    body = pack_name(name) + struct.pack("!HH", TYPES[qtype], 1)
    for answer in answers:
        owner = b"\xc0\x0c" if answer.name == name else pack_name(answer.name)
        data = _value(answer)
        body += owner + struct.pack("!HHIH", TYPES[answer.rtype], 1, answer.ttl, len(data)) + data
    return head + body


def _value(answer: Answer) -> bytes:
    if answer.rtype in {"A", "AAAA"}:
        return ipaddress.ip_address(answer.value).packed
    if answer.rtype == "TXT":
        raw = answer.value.encode()
        return b"".join(
            bytes([len(raw[i : i + 255])]) + raw[i : i + 255] for i in range(0, max(1, len(raw)), 255)
        )
    if answer.rtype in {"CNAME", "PTR"}:
        return pack_name(answer.value)
    if answer.rtype == "MX":
        return struct.pack("!H", 10) + pack_name(answer.value)
    raise ValueError(f"no way to write a record of type {answer.rtype}")
