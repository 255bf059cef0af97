"""The agent's own memory over a plain storage.

Switches, consents, queue, chunk keys, notes of what was sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optin.agent.upload import Sent
from optin.protocol.consent import Consent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optin.agent.storage import Storage
    from optin.agent.switch import Switch
    from optin.protocol.chunk import Chunk


@dataclass(frozen=True, slots=True)
class ChunkKey:
    """What opens one chunk in the cloud, and what it holds."""

    name: str
    key: bytes
    kind: str
    consent: str
    item: str


class Chest:
    """Typed access to what the agent stores. Everything in it survives a restart."""

    def __init__(self, storage: Storage) -> None:
        """Use a storage, empty or of an earlier run."""
        self._storage = storage

    def consents(self) -> list[Consent]:
        """All records, oldest first (ids are numbered)."""
        return [Consent.parse(self._value(name)) for name in self._storage.names("consent/")]

    def keep_consent(self, record: Consent) -> None:
        """Store or end a record."""
        self._storage.put(f"consent/{record.id}", record.encode())

    def switched(self, switch: Switch) -> str | None:
        """Id of the consent that a switch stands on, or None when it is off."""
        value = self._storage.get(f"switch/{switch}")
        return None if value is None else value.decode()

    def keep_switch(self, switch: Switch, consent: str | None) -> None:
        """Remember a switch as on under a consent, or as off."""
        if consent is None:
            self._storage.delete(f"switch/{switch}")
        else:
            self._storage.put(f"switch/{switch}", consent.encode())

    def queue(self, kind: str, item: str, content: bytes) -> None:
        """Put an object into the backup queue; the same item again replaces it."""
        self._storage.put(f"queue/{kind}/{item}", content)

    def queued(self) -> Iterator[tuple[str, str]]:
        """Kind and item of everything waiting."""
        for name in list(self._storage.names("queue/")):
            _, kind, item = name.split("/", 2)
            yield kind, item

    def content(self, kind: str, item: str) -> bytes:
        """The queued object."""
        return self._value(f"queue/{kind}/{item}")

    def unqueue(self, kind: str, item: str) -> None:
        """Take an object out of the queue."""
        self._storage.delete(f"queue/{kind}/{item}")

    def backed_up(self, kind: str, item: str) -> bool:
        """True when the cloud holds the object already."""
        return self._storage.get(f"done/{kind}/{item}") is not None

    def keep_done(self, kind: str, item: str) -> None:
        """Remember that the cloud holds the object."""
        self._storage.put(f"done/{kind}/{item}", b"")

    def keep_report(self, report: bytes | None) -> None:
        """Put a diagnostic report aside for sending, or forget it."""
        if report is None:
            self._storage.delete("report")
        else:
            self._storage.put("report", report)

    def report(self) -> bytes | None:
        """The diagnostic report that waits, or None."""
        return self._storage.get("report")

    def keep_chunk(self, chunk: Chunk, kind: str, consent: str, item: str) -> None:
        """Keep the key of a chunk; without it the chunk is lost for good."""
        row = {"key": chunk.key.hex(), "kind": kind, "consent": consent, "item": item}
        self._storage.put(f"chunk/{chunk.name}", json.dumps(row).encode())

    def chunks(self) -> list[ChunkKey]:
        """The keys of all chunks."""
        return [self._chunk(name) for name in self._storage.names("chunk/")]

    def keep_sent(self, sent: Sent) -> None:
        """Note an upload, in order."""
        number = int(self._storage.get("counter/sent") or b"0")
        self._storage.put(f"sent/{number:08}", sent.encode())
        self._storage.put("counter/sent", str(number + 1).encode())

    def sent(self) -> list[Sent]:
        """Every note, oldest first."""
        return [Sent.parse(self._value(name)) for name in self._storage.names("sent/")]

    def done_on(self, what: str) -> str:
        """The mark (a date, a week) at which a recurring thing was last done, or the empty text."""
        return (self._storage.get(f"mark/{what}") or b"").decode()

    def keep_done_on(self, what: str, mark: str) -> None:
        """Remember that mark."""
        self._storage.put(f"mark/{what}", mark.encode())

    def next_number(self, what: str) -> int:
        """A number that was not given before, from 1."""
        number = int(self._storage.get(f"counter/{what}") or b"0") + 1
        self._storage.put(f"counter/{what}", str(number).encode())
        return number

    def forget_all(self) -> None:
        """Leave nothing behind."""
        for name in list(self._storage.names("")):
            self._storage.delete(name)

    def _value(self, name: str) -> bytes:
        value = self._storage.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def _chunk(self, name: str) -> ChunkKey:
        row = json.loads(self._value(name))
        return ChunkKey(
            name.removeprefix("chunk/"), bytes.fromhex(row["key"]), row["kind"], row["consent"], row["item"]
        )
