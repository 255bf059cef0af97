"""The owner's export: all that the agent knows, in plain files. No keys: those are in the audit export."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from optin.agent.agent import Agent
from optin.agent.switch import Switch
from optin.protocol.canonical import render_bytes


def list_export(agent: Agent) -> Mapping[str, object]:
    """Switches, consents with receipts and log, what was sent and counted, budget and backups, by file."""
    chest = agent.chest
    return {
        "switches.json": {switch.value: agent.is_on(switch) for switch in Switch},
        "consents.json": [record.document() for record in agent.consents()],
        "receipts.json": {
            record.id: json.loads(receipt)
            for record in agent.consents()
            if (receipt := chest.receipt(record.id)) is not None
        },
        "log.json": _log(agent),
        "sent.json": [sent.document() for sent in chest.sent()],
        "use.json": chest.use() or {},
        "privacy_spent.json": chest.spent(),
        "backups.json": {
            kind: {
                item: [{"time": v.time, "keyed_digest": v.digest, "bytes": v.size} for v in versions]
                for item, versions in chest.versions(kind).items()
            }
            for kind in ("photo", "sms.body", "contact")
        },
    }


def _log(agent: Agent) -> Mapping[str, object]:
    head = agent.log.head()
    entries = [json.loads(entry) for entry in agent.log.entries()]
    return {"size": head.size, "root": render_bytes(head.root), "entries": entries}


def write_export(agent: Agent, folder: Path) -> None:
    """Write all of it as JSON files."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, document in list_export(agent).items():
        (folder / name).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
