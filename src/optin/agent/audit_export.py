"""The audit export: what lets the owner, and whom the owner trusts, check every upload of the agent.

Holds the TLS session keys (if the phone logged them), the keys of all backup chunks, the consent records
with the public keys that sign them, and the note of each upload. Schema:
``schemas/audit_export.schema.json``. Whoever holds it can read the backup: it is the owner's alone to give.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from optin.protocol.canonical import render_bytes
from optin.protocol.chunk import SUITE
from optin.protocol.moment import render_moment
from optin.protocol.signing import public_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from optin.agent.agent import Agent

FORMAT = "optin-audit-export/1"


def render_audit_export(agent: Agent, now: datetime, keylog: Sequence[str] = ()) -> bytes:
    """The export as JSON in UTF-8. ``keylog`` are NSS key log lines of the agent's own sessions."""
    document = {
        "format": FORMAT,
        "created": render_moment(now),
        "keylog": list(keylog),
        "chunks": [
            {
                "name": chunk.name,
                "suite": SUITE,
                "key": base64.b64encode(chunk.key).decode(),
                "kind": chunk.kind,
                "consent": chunk.consent,
            }
            for chunk in agent.chest.chunks()
            if chunk.consent  # else another phone sent it, before this one took up its backup
        ],
        "consents": [
            {**record.document(), "key": render_bytes(public_key(agent.gate.seed_of(record)))}
            for record in agent.consents()
        ],
        "uploads": [sent.document() for sent in agent.chest.sent()],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
