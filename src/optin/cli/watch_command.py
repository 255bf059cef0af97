"""``optin watch``: a small witness. It remembers the last signed head and asks for proof ever after."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from optin.agent.line import Endpoint, Line
from optin.ledger.merkle import HASH_BYTES, extends
from optin.protocol.canonical import parse_bytes
from optin.protocol.exchange import Request
from optin.protocol.tree_head import TreeHead


class RewrittenError(ValueError):
    """The cloud's log is not a continuation of what it was."""


def watch(
    pairing: Annotated[Path, typer.Option(help="The cloud's pairing file.")],
    memory: Annotated[Path, typer.Option(help="File in which the last head is remembered.")],
    address: Annotated[str, typer.Option(help="Address to connect to, when it is not the host.")] = "",
) -> None:
    """Check once that the cloud's consent log only grew; run it as often as you like."""
    document = json.loads(pairing.read_text())
    trust = memory.with_suffix(".pem")
    trust.write_text(document["certificate"])
    key = bytes.fromhex(document["log_key"])
    line = Line(Endpoint(address or document["host"], int(document["port"]), trust))

    def ask(path: str) -> Any:
        answer = line.send(Request("GET", document["host"], path), lambda: True)
        if not answer.accepted:
            raise RewrittenError(f"the cloud gives no proof (status {answer.status})")
        return answer.json()

    with closing(line):
        signed = ask("/v1/log/head")
        head = TreeHead.parse(signed, key)
        if memory.exists():
            check_grown(TreeHead.parse(json.loads(memory.read_text()), key), head, ask)
    memory.write_text(json.dumps(signed) + "\n")
    typer.echo(f"the log has {head.size} entries and begins with all that was seen before")


def check_grown(old: TreeHead, new: TreeHead, ask: Callable[[str], Any]) -> None:
    """Raise RewrittenError unless the cloud proves that the new log begins with the old one."""
    if new.size < old.size:
        raise RewrittenError(f"the cloud's log shrank from {old.size} to {new.size} entries")
    answer = ask(f"/v1/log/consistency?first={old.size}&second={new.size}")
    proof = [parse_bytes(step, HASH_BYTES) for step in answer["proof"]]
    if not extends(old.size, old.root, new.size, new.root, proof):
        raise RewrittenError("the cloud rewrote its consent log: the old head is not its beginning")
