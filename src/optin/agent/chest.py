"""The agent's own memory over a plain storage.

Switches, consents, queue, chunk keys, notes of what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optin.agent.storage import Storage
from optin.agent.switch import Switch
from optin.agent.upload import Sent
from optin.protocol.chunk import HEADER_BYTES, Chunk
from optin.protocol.consent import Consent
from optin.protocol.manifest import Version, encode_versions, parse_versions


@dataclass(frozen=True, slots=True)
class ChunkKey:
    """What opens one chunk in the cloud, and what it holds."""

    name: str
    key: bytes
    header: bytes
    kind: str
    consent: str
    item: str


def _no_files(path: str) -> bytes:
    raise FileNotFoundError(path)


class Chest:
    """Typed access to what the agent stores. Everything in it survives a restart."""

    def __init__(self, storage: Storage, read_file: Callable[[str], bytes] = _no_files) -> None:
        """Use a storage, empty or of an earlier run. ``read_file`` reads what was queued by its path."""
        self._storage, self._read_file = storage, read_file

    def consents(self) -> list[Consent]:
        """All records, oldest first."""
        return [Consent.parse(self._value(name)) for name in self._storage.names("consent/")]

    @property
    def consents_version(self) -> int:
        """Grows with each change of the records, whichever process makes it."""
        return int(self._storage.get("counter/consents") or b"0")

    def keep_consent(self, record: Consent) -> None:
        """Store or end a record."""
        place = self._storage.get(f"place/{record.id}")
        if place is None:
            place = f"{self.next_number('consent'):06}".encode()
            self._storage.put(f"place/{record.id}", place)
        self._storage.put(f"consent/{place.decode()}", record.encode())
        self.next_number("consents")

    def keep_consent_seed(self, consent: str, seed: bytes) -> None:
        """Keep the signing key of one record."""
        self._storage.put(f"seed/{consent}", seed)

    def consent_seed(self, consent: str) -> bytes:
        """The signing key of one record."""
        return self._value(f"seed/{consent}")

    def keep_receipt(self, consent: str, receipt: bytes) -> None:
        """Keep the cloud's proof that it logged a record."""
        self._storage.put(f"receipt/{consent}", receipt)

    def receipt(self, consent: str) -> bytes | None:
        """The cloud's proof that it logged a record, or None."""
        return self._storage.get(f"receipt/{consent}")

    def secret(self, name: str) -> bytes | None:
        """A key of the vault, or None."""
        return self._storage.get(f"secret/{name}")

    def keep_secret(self, name: str, value: bytes | None) -> None:
        """Keep a key of the vault, or forget it."""
        if value is None:
            self._storage.delete(f"secret/{name}")
        else:
            self._storage.put(f"secret/{name}", value)

    def spent(self) -> dict[str, float]:
        """Privacy loss of each week's report."""
        weeks = self._storage.names("spent/")
        return {name.removeprefix("spent/"): float(self._value(name)) for name in list(weeks)}

    def keep_spent(self, week: str, epsilon: float) -> None:
        """Book the privacy loss of a report before it leaves."""
        self._storage.put(f"spent/{week}", repr(epsilon).encode())

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
        self._storage.put(f"queue/{kind}/{item}", b"=" + content)

    def queue_file(self, kind: str, item: str, path: str) -> None:
        """Put a file of the phone into the backup queue by its path."""
        self._storage.put(f"queue/{kind}/{item}", b"@" + path.encode())

    def queued(self) -> Iterator[tuple[str, str]]:
        """Kind and item of everything waiting."""
        for name in list(self._storage.names("queue/")):
            _, kind, item = name.split("/", 2)
            yield kind, item

    def waits(self) -> int:
        """How many objects wait in the backup queue."""
        return sum(1 for _ in self._storage.names("queue/"))

    def content(self, kind: str, item: str) -> bytes | None:
        """The queued object; None when it is queued no more, or its file is gone."""
        value = self._storage.get(f"queue/{kind}/{item}")
        if value is None or value[:1] == b"=":
            return None if value is None else value[1:]
        try:
            return self._read_file(value[1:].decode())
        except OSError:
            return None

    def ticket(self, kind: str, item: str) -> bytes | None:
        """Differs when something else was queued under that name since; None when nothing is."""
        return self._storage.get(f"queue/{kind}/{item}")

    def unqueue(self, kind: str, item: str) -> None:
        """Take an object out of the queue."""
        self._storage.delete(f"queue/{kind}/{item}")

    def versions(self, kind: str) -> dict[str, list[Version]]:
        """What the cloud holds of a kind: for each item its versions, oldest first."""
        prefix = f"done/{kind}/"
        return {
            name.removeprefix(prefix): parse_versions(self._value(name))
            for name in list(self._storage.names(prefix))
        }

    def item_versions(self, kind: str, item: str) -> list[Version]:
        """The versions of one item that the cloud holds."""
        value = self._storage.get(f"done/{kind}/{item}")
        return [] if value is None else parse_versions(value)

    def keep_versions(self, kind: str, item: str, versions: list[Version]) -> None:
        """Remember which versions the cloud holds; none: forget the item."""
        if versions:
            self._storage.put(f"done/{kind}/{item}", encode_versions(versions))
        else:
            self._storage.delete(f"done/{kind}/{item}")

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
        self.keep_key(ChunkKey(chunk.name, chunk.key, chunk.sealed[:HEADER_BYTES], kind, consent, item))

    def keep_key(self, key: ChunkKey) -> None:
        """Keep the key of a chunk, also of one that another phone sealed (then its consent is empty)."""
        row = {"key": key.key.hex(), "header": key.header.hex(), "kind": key.kind}
        row |= {"consent": key.consent, "item": key.item}
        self._storage.put(f"chunk/{key.name}", json.dumps(row).encode())

    def chunk(self, name: str) -> ChunkKey | None:
        """The key of a chunk, or None when it was never sealed."""
        return None if self._storage.get(f"chunk/{name}") is None else self._chunk(name)

    def shred_chunk(self, name: str) -> None:
        """Forget the key of a chunk: nobody can open it any more."""
        self._storage.delete(f"chunk/{name}")
        self._storage.delete(f"held/{name}")

    def chunks(self) -> list[ChunkKey]:
        """The keys of all chunks."""
        return [self._chunk(name.removeprefix("chunk/")) for name in self._storage.names("chunk/")]

    def held(self, name: str) -> bool:
        """True when the cloud said that it has the whole chunk."""
        return self._storage.get(f"held/{name}") is not None

    def keep_held(self, name: str) -> None:
        """Remember that the cloud has the whole chunk."""
        self._storage.put(f"held/{name}", b"")

    def keep_sent(self, sent: Sent) -> None:
        """Note an upload, in order."""
        number = int(self._storage.get("counter/sent") or b"0")
        self._storage.put(f"sent/{number:08}", sent.encode())
        self._storage.put("counter/sent", str(number + 1).encode())

    def sent(self) -> list[Sent]:
        """Every note, oldest first."""
        return [Sent.parse(self._value(name)) for name in self._storage.names("sent/")]

    def use(self) -> dict[str, Any] | None:
        """What was counted of the owner's use, as :mod:`optin.agent.use_counter` keeps it; None: nothing."""
        value = self._storage.get("use")
        return None if value is None else dict(json.loads(value))

    def keep_use(self, state: Mapping[str, Any] | None) -> None:
        """Keep what was counted, or forget it."""
        if state is None:
            self._storage.delete("use")
        else:
            self._storage.put("use", json.dumps(state, sort_keys=True).encode())

    def log_value(self, name: str) -> bytes | None:
        """A part of the phone's own log, or None."""
        return self._storage.get(f"log/{name}")

    def keep_log_value(self, name: str, value: bytes) -> None:
        """Keep a part of the phone's own log."""
        self._storage.put(f"log/{name}", value)

    def catalogue(self) -> bytes | None:
        """The last catalogue of recommendations, as it was signed, or None."""
        return self._storage.get("catalogue")

    def keep_catalogue(self, body: bytes) -> None:
        """Keep a catalogue in place of the one before."""
        self._storage.put("catalogue", body)

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

    def skip_numbers(self, what: str, highest: int) -> None:
        """Give no number up to ``highest`` any more: another phone gave them."""
        if highest > int(self._storage.get(f"counter/{what}") or b"0"):
            self._storage.put(f"counter/{what}", str(highest).encode())

    def forget_all(self) -> None:
        """Leave nothing behind but the privacy budget: what was spent of it stays spent."""
        for name in list(self._storage.names("")):
            if not name.startswith("spent/"):
                self._storage.delete(name)

    def _value(self, name: str) -> bytes:
        value = self._storage.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def _chunk(self, name: str) -> ChunkKey:
        row = json.loads(self._value(f"chunk/{name}"))
        key, header = bytes.fromhex(row["key"]), bytes.fromhex(row["header"])
        return ChunkKey(name, key, header, row["kind"], row["consent"], row["item"])
