"""``optin watch``: a small witness. It remembers the last signed head and asks for proof ever after."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from optin.agent.line import Endpoint, Line
from optin.agent.log_check import ask_proof
from optin.ledger.heads import RewrittenError, check_heads
from optin.protocol.tree_head import TreeHead


def watch(
    pairing: Annotated[Path, typer.Option(help="The cloud's pairing file.")],
    memory: Annotated[Path, typer.Option(help="File in which the last head is remembered.")],
    address: Annotated[str, typer.Option(help="Address to connect to, when it is not the host.")] = "",
    receipts: Annotated[
        list[Path] | None, typer.Option(help="receipts.json of a phone's export, to be held against the log.")
    ] = None,
) -> None:
    """Check once that the cloud's consent log only grew; run it as often as you like."""
    document = json.loads(pairing.read_text())
    trust = memory.with_suffix(".pem")
    trust.write_text(document["certificate"])
    key = bytes.fromhex(document["log_key"])
    line = Line(Endpoint(address or document["host"], int(document["port"]), trust))

    def ask(path: str) -> Any:
        return ask_proof(document["host"], path, lambda request: line.send(request, lambda: True))

    with closing(line):
        signed = ask("/v1/log/head")
        head = TreeHead.parse(signed, key)
        shown = [head for path in receipts or () for head in read_heads(path, key)]
        if memory.exists():
            shown.append(TreeHead.parse(json.loads(memory.read_text()), key))
        if any(old.size > head.size for old in shown):
            raise RewrittenError(f"the cloud's log shrank to {head.size} entries")
        check_heads([*shown, head], ask)
    memory.write_text(json.dumps(signed) + "\n")
    typer.echo(f"the log has {head.size} entries and begins with all that was seen before")


def read_heads(path: Path, key: bytes) -> list[TreeHead]:
    """The cloud's heads in the receipts that a phone exported."""
    try:
        rows = json.loads(path.read_text())
        return [TreeHead.parse(receipt["head"], key) for receipt in rows.values()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} does not hold receipts of this cloud") from error
