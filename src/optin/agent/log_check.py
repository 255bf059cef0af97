"""What the owner can check of the two logs: the phone's own, the cloud's, and that they say the same.

Which heads a phone asks the cloud about tells the cloud that they are one phone's. So the records of weekly
reports, which are made to have nothing in common, are checked without asking; ask about them through a
watcher instead (``optin watch --receipts``), who may do so for many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from optin.agent.agent import Agent
from optin.ledger.heads import Ask, RewrittenError, check_heads
from optin.ledger.merkle import MemoryNodes, append, hash_leaf, root
from optin.protocol.exchange import Request, Response
from optin.protocol.signed_record import SignedRecord
from optin.protocol.tree_head import TreeHead, check_receipt

_UNLINKED = "recommendation"


@dataclass(frozen=True, slots=True)
class LogCheck:
    """``entries`` of the phone's own log, ``receipts`` that hold, ``heads`` of the cloud that agree."""

    entries: int
    receipts: int
    heads: int


def check_logs(agent: Agent, ask: Ask | None = None, witnessed: Iterable[TreeHead] = ()) -> LogCheck:
    """Raise RewrittenError with one sentence for the first thing that does not hold.

    ``ask``: asks the cloud for proofs; None: only what needs no network. ``witnessed``: heads that a watcher
    saw, to be held against those of the receipts.
    """
    given = _check_own(agent)
    heads, receipts = list(witnessed), 0
    for record in agent.consents():
        receipt = agent.chest.receipt(record.id)
        if receipt is None:
            continue
        try:
            head = check_receipt(json.loads(receipt), hash_leaf(given[record.id]), agent.cloud.log_key)
        except ValueError as error:
            raise RewrittenError(f"the cloud's receipt of {record.id} does not hold: {error}") from error
        receipts += 1
        if record.purpose != _UNLINKED:
            heads.append(head)
    agreeing = 0 if ask is None else check_heads(heads, ask)
    return LogCheck(len(agent.log.entries()), receipts, agreeing)


def ask_proof(host: str, path: str, send: Callable[[Request], Response]) -> Any:
    """The cloud's answer to a question about its log; nothing goes along but the sizes asked of."""
    answer = send(Request("GET", host, path))
    if not answer.accepted:
        raise RewrittenError(f"the cloud gives no proof (status {answer.status})")
    return answer.json()


def _check_own(agent: Agent) -> dict[str, bytes]:
    """The entry with which each record was given, if the phone's log holds all that it should."""
    try:
        entries = agent.log.entries()
        kept = agent.log.head()
    except KeyError as error:
        raise RewrittenError("an entry of the phone's own log is missing") from error
    nodes = MemoryNodes()
    for size, entry in enumerate(entries):
        append(nodes, size, hash_leaf(entry))
    if root(nodes, len(entries)) != kept.root:
        raise RewrittenError("an entry of the phone's own log was changed after it was written")
    records = [SignedRecord.parse(entry) for entry in entries]
    given = {r.consent.id: r.encoded for r in records if not r.withdrawn}
    ended = {r.consent.id: r.consent for r in records if r.withdrawn}
    for record in agent.consents():
        if record.id not in given:
            raise RewrittenError(f"the record {record.id} is not in the phone's own log")
        first = SignedRecord.parse(given[record.id]).consent
        if record not in (first, ended.get(record.id)):
            raise RewrittenError(f"the record {record.id} says something else than the phone's own log")
    return given
