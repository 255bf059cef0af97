"""Merkle tree hashes and proofs of RFC 6962 section 2.1, over a store of whole subtrees.

``Nodes`` gives the hash of the subtree of ``2**level`` leaves that begins at leaf ``index << level``.
Appending, heads and proofs touch few nodes, as many as the logarithm of the log, never all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

HASH_BYTES = 32


class Nodes(Protocol):
    """Hashes of whole subtrees; written once, never changed."""

    def get(self, level: int, index: int) -> bytes:
        """The hash; KeyError when it was never put."""

    def put(self, level: int, index: int, value: bytes) -> None:
        """Store a hash."""


class MemoryNodes:
    """A dictionary, for tests and for proofs over leaves at hand."""

    def __init__(self) -> None:
        self._values: dict[tuple[int, int], bytes] = {}

    def get(self, level: int, index: int) -> bytes:
        """See :class:`Nodes`."""
        return self._values[level, index]

    def put(self, level: int, index: int, value: bytes) -> None:
        """See :class:`Nodes`."""
        self._values[level, index] = value


def hash_leaf(entry: bytes) -> bytes:
    """Hash of a log entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_pair(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(nodes: Nodes, size: int, leaf: bytes) -> None:
    """Add the hash of leaf number ``size``, with every subtree that it completes."""
    nodes.put(0, size, leaf)
    level, index, value = 0, size, leaf
    while index & 1:
        value = hash_pair(nodes.get(level, index - 1), value)
        level, index = level + 1, index >> 1
        nodes.put(level, index, value)


def root(nodes: Nodes, size: int) -> bytes:
    """Head of the first ``size`` leaves."""
    return _hash(nodes, 0, size) if size else hashlib.sha256(b"").digest()


def prove_inclusion(nodes: Nodes, leaf: int, size: int) -> list[bytes]:
    """Audit path of leaf number ``leaf`` in the tree of ``size``. IndexError when it is not in it."""
    if not 0 <= leaf < size:
        raise IndexError("that leaf is not in a tree of that size")
    return _path(nodes, leaf, 0, size)


def prove_consistency(nodes: Nodes, first: int, second: int) -> list[bytes]:
    """Proof that the tree of ``first`` leaves is the beginning of that of ``second``."""
    if not 0 <= first <= second:
        raise IndexError("the first tree must not be larger than the second")
    return [] if first in (0, second) else _subproof(nodes, first, 0, second, whole=True)


def includes(leaf_hash: bytes, leaf: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether ``proof`` shows that the leaf is in the tree with that head (RFC 9162 section 2.1.3.2)."""
    if not 0 <= leaf < size:
        return False
    node, last, value = leaf, size - 1, leaf_hash
    for step in proof:
        if not last:
            return False
        if node & 1 or node == last:
            value = hash_pair(step, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = hash_pair(value, step)
        node, last = node >> 1, last >> 1
    return not last and value == head


def extends(first: int, first_head: bytes, second: int, second_head: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the second tree begins with the first (RFC 9162 section 2.1.4.2)."""
    if first == second:
        return first_head == second_head and not proof
    if not 0 < first < second:
        return first == 0 and not proof and first_head == hashlib.sha256(b"").digest()
    steps = list(proof)
    if first & (first - 1) == 0:
        steps.insert(0, first_head)
    if not steps:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if not last:
            return False
        if node & 1 or node == last:
            old, new = hash_pair(step, old), hash_pair(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = hash_pair(new, step)
        node, last = node >> 1, last >> 1
    return not last and old == first_head and new == second_head


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << (count - 1).bit_length() - 1


def _hash(nodes: Nodes, start: int, end: int) -> bytes:
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes.get(level, start >> level)
    middle = start + _split(count)
    return hash_pair(_hash(nodes, start, middle), _hash(nodes, middle, end))


def _path(nodes: Nodes, leaf: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if leaf < middle:
        return [*_path(nodes, leaf, start, middle), _hash(nodes, middle, end)]
    return [*_path(nodes, leaf, middle, end), _hash(nodes, start, middle)]


def _subproof(nodes: Nodes, first: int, start: int, end: int, *, whole: bool) -> list[bytes]:
    if first == end:
        return [] if whole else [_hash(nodes, start, end)]
    middle = start + _split(end - start)
    if first <= middle:
        return [*_subproof(nodes, first, start, middle, whole=whole), _hash(nodes, middle, end)]
    return [*_subproof(nodes, first, middle, end, whole=False), _hash(nodes, start, middle)]
