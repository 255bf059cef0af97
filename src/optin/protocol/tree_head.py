"""The signed head of the cloud's consent log, and the receipt of one entry in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from optin.ledger.merkle import HASH_BYTES, includes
from optin.protocol.canonical import parse_bytes, render_bytes
from optin.protocol.moment import parse_moment, render_moment
from optin.protocol.signing import check, sign

_CONTEXT = "optin/tree-head/1"


@dataclass(frozen=True, slots=True)
class TreeHead:
    """``size`` entries hashed to ``root`` (RFC 6962), at that time."""

    size: int
    root: bytes
    time: datetime

    def render(self, seed: bytes) -> dict[str, object]:
        """The signed JSON object."""
        head = {"size": self.size, "root": render_bytes(self.root), "time": render_moment(self.time)}
        return sign(head, _CONTEXT, seed)

    @classmethod
    def parse(cls, document: object, key: bytes) -> Self:
        """Read a head that ``key`` signed; ValueError otherwise."""
        if not isinstance(document, Mapping):
            raise ValueError("a tree head is a JSON object")  # noqa: TRY004 - hostile input has one kind
        check(document, _CONTEXT, key)
        try:
            size = document["size"]
            if type(size) is not int or size < 0:
                raise ValueError("the size of a tree head is a number")
            return cls(size, parse_bytes(document["root"], HASH_BYTES), parse_moment(document["time"]))
        except (KeyError, TypeError) as error:
            raise ValueError("a tree head has size, root and time") from error


def check_receipt(receipt: object, leaf_hash: bytes, key: bytes) -> TreeHead:
    """The head under which the cloud proved that it logged the entry; ValueError when it did not prove it."""
    try:
        if not isinstance(receipt, Mapping):
            raise TypeError  # noqa: TRY301 - becomes the one sentence below
        head = TreeHead.parse(receipt["head"], key)
        proof = [parse_bytes(step, HASH_BYTES) for step in receipt["inclusion"]]
        leaf = int(receipt["leaf"])
    except (KeyError, TypeError) as error:
        raise ValueError("a receipt has leaf, head and inclusion") from error
    if not includes(leaf_hash, leaf, head.size, proof, head.root):
        raise ValueError("the proof does not show that the record is in the log")
    return head
