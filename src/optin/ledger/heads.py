"""Whether signed heads of one log agree: each is the beginning of the next, by the log's own proof.

Asked by the small witness (``optin watch``), and by the phone about the heads of its receipts; put together,
they show a cloud that keeps one log for the phone and another for everybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from optin.ledger.merkle import HASH_BYTES, extends
from optin.protocol.canonical import parse_bytes
from optin.protocol.tree_head import TreeHead

Ask = Callable[[str], Any]
"""A path in, the JSON that the cloud answers with out."""


class RewrittenError(ValueError):
    """The cloud's log is not a continuation of what it was."""


def check_grown(old: TreeHead, new: TreeHead, ask: Ask) -> None:
    """Raise RewrittenError unless the cloud proves that the new log begins with the old one."""
    if new.size < old.size:
        raise RewrittenError(f"the cloud's log shrank from {old.size} to {new.size} entries")
    proof: list[bytes] = []
    if 0 < old.size < new.size:
        try:
            answer = ask(f"/v1/log/consistency?first={old.size}&second={new.size}")
            proof = [parse_bytes(step, HASH_BYTES) for step in answer["proof"]]
        except (KeyError, TypeError) as error:
            raise RewrittenError("the cloud's answer is no proof") from error
    if not extends(old.size, old.root, new.size, new.root, proof):
        raise RewrittenError(
            "the cloud rewrote its consent log, or keeps two: "
            f"the head of {old.size} entries is not the beginning of that of {new.size}"
        )


def check_heads(heads: Iterable[TreeHead], ask: Ask) -> int:
    """How many different heads agree. Raises RewrittenError at the first that does not."""
    ordered = sorted({(head.size, head.root): head for head in heads}.values(), key=lambda head: head.size)
    for old, new in pairwise(ordered):
        check_grown(old, new, ask)
    return len(ordered)
