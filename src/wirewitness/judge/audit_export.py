"""optin's audit export: the owner's keys and consent records (schemas/audit_export.schema.json).

With it the encrypted chunks of the honest system are opened; without it they are unread bytes.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wirewitness.judge.events_log import check_state
from wirewitness.model.case_file import Condition, Consent, Period
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.instant import Instant
from wirewitness.model.kind import expand

FORMAT = "optin-audit-export/1"
SUITE = "secretstream-xchacha20poly1305"
KEY_BYTES = 32


@dataclass(frozen=True)
class AuditExport:
    """TLS secrets (key log text), chunk keys by chunk name, consent records, public keys that sign them."""

    keylog: bytes = field(default=b"", repr=False)
    chunk_keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    consents: tuple[Consent, ...] = ()
    public_keys: tuple[str, ...] = ()

    @property
    def tokens(self) -> tuple[str, ...]:
        """What the honest system sends that looks like a digest and is named here, as it is printed."""
        numbers = (record.id.rpartition("-")[2] for record in self.consents)
        return (*self.chunk_keys, *self.public_keys, *numbers)


def read_audit_export(path: Path) -> AuditExport:
    """`InputError` with the member's place when it is not one."""
    try:
        value = json.loads(path.read_bytes())
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise InputError(path, f"is not an audit export of format {FORMAT}")
        lines = _each(value, "keylog", str)
        chunks = dict(_chunk(chunk) for chunk in _each(value, "chunks", dict))
        records = _each(value, "consents", dict)
        consents = tuple(_consent(record) for record in records)
        public = dict.fromkeys(str(record["key"]) for record in records if "key" in record)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    except KeyError as error:
        raise InputError(path, f"lacks the member {error}") from None
    except (ValueError, TypeError, RecursionError, ArgumentError, binascii.Error) as error:
        raise InputError(path, f"cannot be read as an audit export: {error}") from None
    return AuditExport("\n".join(lines).encode(), chunks, consents, tuple(public))


def _each(value: dict[str, Any], name: str, kind: type) -> list[Any]:
    found = value.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, kind) for item in found):
        raise ValueError(f"'{name}' should be a list")
    return found


def _chunk(chunk: dict[str, Any]) -> tuple[str, bytes]:
    if chunk["suite"] != SUITE:
        raise ValueError(f"chunk {chunk['name']} is of suite {chunk['suite']}; known is {SUITE}")
    key = base64.b64decode(chunk["key"], validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key of chunk {chunk['name']} has {len(key)} bytes, not {KEY_BYTES}")
    return str(chunk["name"]), key


def _consent(record: dict[str, Any]) -> Consent:
    data = tuple(kind for name in record["data"] for kind in expand(name))
    return Consent(
        id=str(record["id"]),
        data=data,
        hosts=tuple(str(host).lower() for host in record["hosts"]),
        purpose=str(record["purpose"]),
        period=Period(_instant(record.get("from")), _instant(record.get("until"))),
        when=read_condition(record.get("when") or {}, ValueError),
    )


def _instant(text: object) -> Instant | None:
    return None if text is None else Instant.parse(str(text))


def read_condition(value: object, error: Callable[[str], Exception]) -> Condition:
    """`{network = "wifi"}` or lists of values; else what `error` makes of a sentence is raised."""
    if not isinstance(value, dict):
        raise error("'when' should be states, as in { network = \"wifi\" }")
    condition: Condition = {}
    for key, given in value.items():
        values = tuple(given) if isinstance(given, list) else (given,)
        try:
            for one in values:
                check_state(key, str(one))
        except ValueError as cause:
            raise error(str(cause)) from None
        if not values:
            raise error(f"'{key}' should have at least one value")
        condition[key] = values
    return condition
