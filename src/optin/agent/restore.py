"""Acts of the owner upon the backup: restore it to a folder, verify it, prune old versions, delete it all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from optin.agent.agent import Agent
from optin.agent.chest import ChunkKey
from optin.agent.switch import BACKUP_OF
from optin.protocol.chunk import DamagedChunkError, open_chunk
from optin.protocol.consent import Consent
from optin.protocol.erasure import ErasureReceipt
from optin.protocol.exchange import Request, Response
from optin.protocol.manifest import MOST, Manifest, Version, derive_chunk, name_manifest
from optin.protocol.moment import parse_moment
from optin.protocol.phrase import parse_phrase, render_phrase
from optin.protocol.proof import digest_of
from optin.protocol.signed_record import SignedRecord

Send = Callable[[Request], Response]
KINDS = tuple(BACKUP_OF)


class RestoreError(Exception):
    """Something of the backup is missing or damaged; one sentence that names it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """One item of the backup, opened and checked against its digest."""

    kind: str
    item: str
    version: Version
    content: bytes


class BackupReader:
    """Reads a backup with the vault's keys alone, on the phone that wrote it or a new one."""

    def __init__(self, agent: Agent, host: str, send: Send, clock: Callable[[], datetime]) -> None:
        self._agent, self._host, self._send, self._clock = agent, host, send, clock
        self._found: dict[str, list[int]] = {}
        """Numbers of the manifests of a kind, highest first, among the names that were last asked for."""

    def names(self) -> dict[str, int]:
        """Name and size of every whole chunk that the cloud holds for this vault."""
        rows = self._ask("GET", "/v1/chunks").json()["chunks"]
        self._found.clear()
        return {str(name): int(size) for name, size in rows}

    def manifest(self, kind: str, names: dict[str, int]) -> Manifest | None:
        """The newest whole manifest of a kind, or None when there is none."""
        naming = self._agent.vault.naming
        for number in self._numbers(kind, names):
            content, part = b"", 0
            while (name := name_manifest(naming, kind, number, part)) in names:
                content += self._open(name, derive_chunk(self._agent.vault.manifest, name))
                part += 1
            try:
                return Manifest.parse(content)
            except ValueError:
                continue  # its last part never arrived: the one before counts
        return None

    def items(self, before: datetime | None = None) -> Iterator[Restored]:
        """Every item in its newest version, or the newest of ``before``.

        Raises RestoreError at the first that is missing or damaged.
        """
        names = self.names()
        for kind in KINDS:
            manifest = self.manifest(kind, names)
            for item, versions in sorted(manifest.items.items()) if manifest else ():
                fitting = [v for v in versions if before is None or parse_moment(v.time) < before]
                if fitting:
                    yield self.read(kind, item, fitting[-1])

    def adopt(self) -> int:
        """Take up the backup that another phone of the owner began; how many items it holds.

        From then on this phone knows its versions, the keys of its chunks and the numbers that were given, so
        that what is backed up already is not sent again and older versions stay.
        """
        chest, names, count = self._agent.chest, self.names(), 0
        for kind in KINDS:
            manifest = self.manifest(kind, names)
            chest.skip_numbers("manifest", max(self._numbers(kind, names), default=0))
            for item, versions in manifest.items.items() if manifest else ():
                for part in {part for version in versions for part in version.parts if part.name in names}:
                    chest.keep_key(ChunkKey(part.name, part.key, b"", kind, "", item))
                    chest.keep_held(part.name)
                chest.keep_versions(kind, item, versions)
                count += 1
        return count

    def read(self, kind: str, item: str, version: Version) -> Restored:
        """One version of an item."""
        content = b"".join(self._open(part.name, part.key) for part in version.parts)
        if self._agent.vault.key_digest(digest_of(content)) != version.digest:
            raise RestoreError(f"{kind} {item} differs from what was backed up")
        return Restored(kind, item, version, content)

    def prune(self, keep: int = 1) -> int:
        """Delete all but the newest ``keep`` versions of each item and the newest manifests; chunks deleted.

        The keys of what is deleted are shredded on the phone.
        """
        chest, needed, names = self._agent.chest, set(), self.names()
        for kind in KINDS:
            for item, versions in chest.versions(kind).items():
                chest.keep_versions(kind, item, versions[-keep:])
                needed |= {part.name for version in versions[-keep:] for part in version.parts}
            newest = self._numbers(kind, names)[:1]
            naming = self._agent.vault.naming
            needed |= {name_manifest(naming, kind, number, part) for number in newest for part in range(64)}
            if chest.versions(kind):
                chest.keep_done_on(f"changed/{kind}", "yes")
        gone = [name for name in names if name not in needed]
        for name in gone:
            self._ask("DELETE", f"/v1/chunks/{name}")
            chest.shred_chunk(name)
        return len(gone)

    def _numbers(self, kind: str, names: dict[str, int]) -> list[int]:
        if kind not in self._found:
            naming = self._agent.vault.naming
            self._found[kind] = [n for n in range(MOST, 0, -1) if name_manifest(naming, kind, n, 0) in names]
        return self._found[kind]

    def _open(self, name: str, key: bytes) -> bytes:
        try:
            return open_chunk(self._ask("GET", f"/v1/chunks/{name}").body, key)
        except DamagedChunkError as error:
            raise RestoreError(f"the chunk {name[:12]} does not open: it was damaged or exchanged") from error

    def _ask(self, method: str, path: str) -> Response:
        request = self._agent.gate.act(Request(method, self._host, path), self._clock())
        if request is None:
            raise RestoreError("the agent was removed; nothing leaves any more")
        response = self._send(request)
        if not response.accepted:
            raise RestoreError(f"the cloud refused: {response.detail}")
        return response


def take_up(agent: Agent, phrase: str, reader: BackupReader) -> int:
    """Open the vault of a phrase on this phone; how many items its backup holds. All of it or nothing."""
    if agent.vault.exists and agent.vault.phrase != render_phrase(parse_phrase(phrase)):
        raise RestoreError("this phone has a backup of its own; erase it first")
    known = agent.vault.exists
    agent.vault.open(phrase)
    try:
        return reader.adopt()
    except BaseException:
        if not known:
            # Without knowing what is there, this phone would write over it.
            agent.vault.shred()
        raise


def restore_to(reader: BackupReader, folder: Path, before: datetime | None = None) -> int:
    """Write every item under ``folder/KIND/``; how many. Nothing is ever written outside of it."""
    count = 0
    for restored in reader.items(before):
        parts = [part for part in PurePosixPath(restored.item).parts if part not in ("/", "..", ".")]
        target = folder.joinpath(restored.kind.partition(".")[0], *parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(restored.content)
        count += 1
    return count


def erase(agent: Agent, host: str, send: Send, now: datetime) -> list[dict[str, object]]:
    """Delete all at the cloud, consent by consent; its signed receipts. Then forget keys and notes."""
    if agent.gate.walled:
        raise RestoreError("the agent was removed; nothing leaves any more")
    told = [record for record in agent.consents() if agent.chest.receipt(record.id) is not None]
    receipts = [_erase_one(agent, host, send, record, now) for record in told]
    agent.vault.shred()
    agent.chest.forget_all()
    return receipts


def _erase_one(agent: Agent, host: str, send: Send, record: Consent, now: datetime) -> dict[str, object]:
    ended = record.revoked(now)
    withdrawal = SignedRecord.make(ended, agent.gate.seed_of(record), withdrawn=True).encoded
    told = send(Request("PUT", host, f"/v1/consents/{record.id}", (), withdrawal))
    request = agent.gate.act_on(Request("POST", host, "/v1/erasures"), record, now)
    if request is None:
        raise RestoreError("the agent was removed; nothing leaves any more")
    response = send(request) if told.accepted else told
    if not response.accepted:
        raise RestoreError(f"the cloud refused: {response.detail}")
    receipt = response.json()
    if ErasureReceipt.parse(receipt, agent.cloud.log_key).consent != record.id:
        raise RestoreError("the cloud's receipt is for something else")
    return dict(receipt)
