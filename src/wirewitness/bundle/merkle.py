"""Salted Merkle commitments: a sealed bundle commits to each finding, a redacted copy opens chosen ones.

A leaf is SHA-256(0x00 || salt || canonical JSON), a node SHA-256(0x01 || left || right); a lone node moves
up as it is (the tree of RFC 6962). The salts come from a secret that stays in the sealed bundle: without it
nobody can try out what the leaves that were not opened may say.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SALT_BYTES = 32
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True)
class Proof:
    """A finding, its salt, its place among `count` leaves, and the hashes beside the way to the root."""

    sort: str
    index: int
    count: int
    salt: bytes
    document: Any
    path: tuple[bytes, ...]


def canonical(document: object) -> bytes:
    """One spelling of a JSON value: sorted members, no spaces, UTF-8."""
    return _ENCODE(document).encode()


def salt_of(secret: bytes, index: int) -> bytes:
    """The salt of a leaf."""
    return hmac.new(secret, index.to_bytes(8, "big"), hashlib.sha256).digest()


def leaf(salt: bytes, sort: str, document: object) -> bytes:
    """The hash of a finding."""
    return leaf_of(salt, canonical([sort, document]))


def leaf_of(salt: bytes, text: bytes) -> bytes:
    """The hash of a canonical text."""
    return hashlib.sha256(b"\x00" + salt + text).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        level = [_node(*level[at : at + 2]) for at in range(0, len(level), 2)]
    return level[0]


def path_of(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes beside the way from a leaf to the root."""
    beside = []
    level = list(leaves)
    while len(level) > 1:
        other = index ^ 1
        if other < len(level):
            beside.append(level[other])
        level = [_node(*level[at : at + 2]) for at in range(0, len(level), 2)]
        index //= 2
    return tuple(beside)


def opens_to(proof: Proof) -> bytes | None:
    """The root that a proof leads to; None when its path does not fit its place."""
    if not 0 <= proof.index < proof.count:
        return None
    found = leaf(proof.salt, proof.sort, proof.document)
    index, width = proof.index, proof.count
    rest = list(proof.path)
    while width > 1:
        if index ^ 1 < width:
            if not rest:
                return None
            other = rest.pop(0)
            found = _node(other, found) if index & 1 else _node(found, other)
        index //= 2
        width = (width + 1) // 2
    return None if rest else found


def _node(left: bytes, right: bytes | None = None) -> bytes:
    return left if right is None else hashlib.sha256(b"\x01" + left + right).digest()
