"""The law of the commitments: every leaf opens to the root, and to no other place."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from wirewitness.bundle.merkle import Proof, leaf, opens_to, path_of, root, salt_of


@given(count=st.integers(1, 40), data=st.data())
def test_each_leaf_opens_to_the_root_and_nothing_else_does(count, data) -> None:
    secret = bytes(32)
    leaves = [leaf(salt_of(secret, n), "exposures", {"n": n}) for n in range(count)]
    top = root(leaves)
    index = data.draw(st.integers(0, count - 1))
    proof = Proof("exposures", index, count, salt_of(secret, index), {"n": index}, path_of(leaves, index))
    assert opens_to(proof) == top
    assert opens_to(replace(proof, document={"n": count})) != top
    assert opens_to(replace(proof, sort="answers")) != top
    assert opens_to(replace(proof, salt=bytes(32))) != top
    assert opens_to(replace(proof, index=count)) is None
    assert opens_to(replace(proof, path=(*proof.path, bytes(32)))) is None
    if proof.path:
        assert opens_to(replace(proof, path=proof.path[:-1])) is None
