"""The consent record: what the owner agreed to. The noun that every upload must point to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Self

from optin.protocol.moment import parse_moment, render_moment


@dataclass(frozen=True, slots=True)
class Consent:
    """One agreement.

    These kinds of data, to these hosts, for this purpose, under these conditions, in this span.

    ``data`` may be empty: a request that carries nothing about the owner (an update check) still needs the
    owner's leave, but covers no data. ``until`` is exclusive; None means "until revoked".
    """

    id: str
    data: tuple[str, ...]
    hosts: tuple[str, ...]
    purpose: str
    start: datetime
    until: datetime | None = None
    when: Mapping[str, str] = field(default_factory=dict)

    def live(self, now: datetime, conditions: Mapping[str, str]) -> bool:
        """True when the record holds at ``now`` under ``conditions`` (such as ``{"network": "wifi"}``)."""
        in_time = self.start <= now and (self.until is None or now < self.until)
        return in_time and all(conditions.get(key) == value for key, value in self.when.items())

    def covers(self, host: str, data: tuple[str, ...]) -> bool:
        """True when every kind in ``data`` and the recipient ``host`` are named by the record."""
        return set(data) <= set(self.data) and any(fnmatchcase(host, pattern) for pattern in self.hosts)

    def revoked(self, now: datetime) -> Self:
        """The same record, ended at ``now``; one that had ended earlier stays as it was."""
        return self if self.until is not None and self.until <= now else replace(self, until=now)

    def document(self) -> dict[str, object]:
        """The record as the JSON object of the audit export."""
        return {
            "id": self.id,
            "data": list(self.data),
            "hosts": list(self.hosts),
            "purpose": self.purpose,
            "from": render_moment(self.start),
            "until": None if self.until is None else render_moment(self.until),
            "when": dict(self.when),
        }

    def encode(self) -> bytes:
        """Canonical JSON (sorted keys, no spaces), UTF-8."""
        return json.dumps(self.document(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what :meth:`encode` wrote. Raises ValueError with one sentence for anything else."""
        try:
            document = json.loads(data)
        except ValueError as error:
            raise ValueError("a consent record must be a JSON object in UTF-8") from error
        if not isinstance(document, dict):
            raise ValueError("a consent record must be a JSON object")  # noqa: TRY004 - one kind for hostile input
        until = document.get("until")
        when = document.get("when", {})
        if not isinstance(when, dict) or not all(isinstance(value, str) for value in when.values()):
            raise ValueError("the member 'when' of a consent record must map names to texts")
        return cls(
            id=_text(document, "id"),
            data=_texts(document, "data"),
            hosts=_texts(document, "hosts"),
            purpose=_text(document, "purpose"),
            start=parse_moment(_text(document, "from")),
            until=None if until is None else parse_moment(_text(document, "until")),
            when={str(key): str(value) for key, value in when.items()},
        )


def _text(document: Mapping[str, object], member: str) -> str:
    value = document.get(member)
    if not isinstance(value, str) or not value:
        raise ValueError(f"the member {member!r} of a consent record must be a text")
    return value


def _texts(document: Mapping[str, object], member: str) -> tuple[str, ...]:
    value = document.get(member)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"the member {member!r} of a consent record must be a list of texts")
    return tuple(value)
