"""What a redacted copy proves: that its findings and rows are those that the sealed bundle committed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wirewitness.bundle import merkle
from wirewitness.bundle.findings import TABLE
from wirewitness.bundle.opened import FINDINGS, Opened
from wirewitness.model.errors import InputError


def check_proofs(opened: Opened, info: Mapping[str, str]) -> tuple[int, int, int]:
    """How many findings a copy opens, of how many that were committed to, and how many rows of tables."""
    document = opened.json(FINDINGS)
    try:
        count, tables = int(info["Commitment-Count"]), int(info["Commitment-Tables"])
        proofs = [_proof(one, str(one["sort"]), count) for one in document["findings"]]
        roots = {one.document["table"]: one.document for one in proofs if one.sort == TABLE}
        rows = [
            (_proof(one, str(one["table"]), int(roots[one["table"]]["rows"]))) for one in document["rows"]
        ]
        wanted = {table: bytes.fromhex(root["root"]) for table, root in roots.items()}
    except (KeyError, TypeError, ValueError):
        raise InputError(opened.path, f"'{FINDINGS}' is not what a redacted bundle holds") from None
    for proof in proofs:
        found = merkle.opens_to(proof)
        if found is None or found.hex() != info.get("Commitment-Root"):
            raise InputError(
                opened.path, f"'{FINDINGS}': finding {proof.index} does not belong to the sealed bundle"
            )
    for proof in rows:
        if merkle.opens_to(proof) != wanted[proof.sort]:
            raise InputError(
                opened.path,
                f"'{FINDINGS}': a row of table '{proof.sort}' does not belong to the sealed bundle",
            )
    return sum(one.sort != TABLE for one in proofs), count - tables, len(rows)


def _proof(one: Mapping[str, Any], sort: str, count: int) -> merkle.Proof:
    path = tuple(bytes.fromhex(text) for text in one["path"])
    return merkle.Proof(sort, int(one["index"]), count, bytes.fromhex(one["salt"]), one["document"], path)
