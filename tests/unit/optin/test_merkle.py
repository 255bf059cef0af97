"""The consent log: what is in it can be proven, and a rewritten log cannot."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from optin.ledger.merkle import (
    MemoryNodes,
    append,
    extends,
    hash_leaf,
    includes,
    prove_consistency,
    prove_inclusion,
    root,
)


def grow(entries):
    nodes, heads = MemoryNodes(), [hashlib.sha256(b"").digest()]
    for size, entry in enumerate(entries):
        append(nodes, size, hash_leaf(entry))
        heads.append(root(nodes, size + 1))
    return nodes, heads


def test_the_heads_are_those_of_rfc_6962s_own_examples():
    """The leaves of the test vectors that Certificate Transparency's implementations share."""
    leaves = ["", "00", "10", "2021", "3031", "40414243"]
    leaves += ["5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    _, heads = grow([bytes.fromhex(leaf) for leaf in leaves])
    assert heads[1].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert heads[8].hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(st.integers(1, 40), st.data())
def test_every_entry_is_proven_and_no_other(size, data):
    nodes, heads = grow([bytes([number]) for number in range(size)])
    leaf = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(nodes, leaf, size)
    assert includes(hash_leaf(bytes([leaf])), leaf, size, proof, heads[size])
    assert not includes(hash_leaf(b"forged"), leaf, size, proof, heads[size])
    assert not includes(hash_leaf(bytes([leaf])), leaf, size, [*proof, bytes(32)], heads[size])


@given(st.integers(1, 40), st.data())
def test_a_longer_log_is_proven_to_begin_with_the_shorter_one(size, data):
    nodes, heads = grow([bytes([number]) for number in range(size)])
    first = data.draw(st.integers(0, size))
    proof = prove_consistency(nodes, first, size)
    assert extends(first, heads[first], size, heads[size], proof)
    if first:
        _, rewritten = grow([b"rewritten", *(bytes([number]) for number in range(1, size))])
        assert not extends(first, rewritten[first], size, heads[size], proof)
