"""The backup queue.

Objects wait until their switch, the network and the cloud allow them, then go as sealed chunks. What the
cloud holds already is not sent again; a chunk of which it may hold a beginning goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from optin.agent.chest import Chest
from optin.agent.gate import Gate
from optin.agent.switch import BACKUP_OF, Switch
from optin.agent.upload import Upload
from optin.agent.vault import Vault
from optin.protocol.chunk import Chunk, Randomness, name_chunk, seal, seal_again, sealed_size, split
from optin.protocol.consent import Consent
from optin.protocol.exchange import Request, Response
from optin.protocol.manifest import Manifest, Part, Version, derive_chunk, name_manifest
from optin.protocol.moment import render_moment
from optin.protocol.proof import digest_of

RETRY_AFTER = timedelta(minutes=30)
"""How long the backup rests after a request that failed."""
MANIFEST = ".manifest/"
"""Items of this name are the backup's own."""
_TUS = ("Tus-Resumable", "1.0.0")
_OCTETS = ("Content-Type", "application/offset+octet-stream")


class Backup:
    """What waits, what is under way, what the cloud holds. ``host`` is the cloud's host for chunks."""

    def __init__(self, chest: Chest, gate: Gate, vault: Vault, host: str, randomness: Randomness) -> None:
        self._chest, self._gate, self._vault, self._host = chest, gate, vault, host
        self._randomness = randomness
        self._flying: set[str] = set()
        """Names of chunks whose answer is awaited."""
        self._offsets: dict[str, int] = {}
        """How far a chunk had come when the cloud was asked."""
        self._foreign: set[str] = set()
        """Chunks that the cloud has under a key that this phone lost: they are exchanged."""
        self._rest_until: datetime | None = None

    def offer(self, kind: str, item: str, content: bytes) -> bool:
        """Queue an object; False, and forgotten, when its switch is off or the cloud holds it already."""
        if item.startswith(MANIFEST):
            raise ValueError(f"an item may not be called {MANIFEST}")
        if self._gate.standing(BACKUP_OF[kind]) is None or self._is_held(kind, item, digest_of(content)):
            return False
        self._chest.queue(kind, item, content)
        return True

    def offer_file(self, kind: str, item: str, path: str, digest: str) -> bool:
        """Queue a file by its path; see :meth:`offer`."""
        if self._gate.standing(BACKUP_OF[kind]) is None or self._is_held(kind, item, digest):
            return False
        self._chest.queue_file(kind, item, path)
        return True

    def _is_held(self, kind: str, item: str, digest: str) -> bool:
        versions = self._chest.item_versions(kind, item)
        return bool(versions) and versions[-1].digest == self._vault.key_digest(digest)

    def drop(self, switch: Switch) -> None:
        """Forget what waits under a switch that went off."""
        for kind, item in self._chest.queued():
            if BACKUP_OF[kind] is switch:
                self._chest.unqueue(kind, item)
        self._flying.clear()

    def rest(self, now: datetime) -> None:
        """Wait a while before the next try."""
        self._rest_until = now + RETRY_AFTER

    def retry(self) -> None:
        """Do not rest any longer."""
        self._rest_until = None

    def due(self, now: datetime, conditions: Mapping[str, str]) -> Iterator[Upload]:
        """Chunks that may leave now, and registrations that must go before them."""
        if self._rest_until is not None and timedelta(0) < self._rest_until - now <= RETRY_AFTER:
            return  # a longer rest than that is a clock that was set back
        for kind, item in self._chest.queued():
            for ready in self._gate.ready(BACKUP_OF[kind], self._host, now, conditions):
                if isinstance(ready, Upload):
                    yield ready
                else:
                    yield from self._object(kind, item, ready, now)
        for kind in BACKUP_OF:
            self._compose(kind)

    def answered(self, upload: Upload, response: Response | None, now: datetime) -> None:
        """What became of a chunk: held, to be asked about, or to be sent anew."""
        for name in upload.chunks:
            self._flying.discard(name)
            if response is None or response.status >= 500 or response.status == 403:
                self._offsets.pop(name, None)
                self._rest_until = now + RETRY_AFTER
            elif response.status in (404, 409, 460):
                self._offsets[name] = 0
                if response.status == 409 and upload.request.method == "POST":
                    self._foreign.add(name)
            elif response.accepted:
                self._offsets[name] = int(response.header("upload-offset") or 0)
                if self._offsets[name] == upload.whole:
                    self._settle(name)
            else:
                self._rest_until = now + RETRY_AFTER

    def _settle(self, name: str) -> None:
        self._chest.keep_held(name)
        self._offsets.pop(name, None)

    def _object(self, kind: str, item: str, record: Consent, now: datetime) -> Iterator[Upload]:
        ticket, content = self._chest.ticket(kind, item), self._chest.content(kind, item)
        if content is None:
            self._chest.unqueue(kind, item)
            return
        pieces, parts = split(content), []
        for number, piece in enumerate(pieces):
            name = self._name(kind, item, number, piece)
            yield from self._piece(piece, name, kind, record, item, now)
            row = self._chest.chunk(name)
            if row is not None and self._chest.held(name):
                parts.append(Part(name, row.key))
        # Done is what the cloud has whole and the owner still wants there, unchanged.
        if len(parts) == len(pieces) and self._chest.ticket(kind, item) == ticket:
            if not item.startswith(MANIFEST):
                digest = self._vault.key_digest(digest_of(content))
                version = Version(render_moment(now), digest, len(content), tuple(parts))
                self._chest.keep_versions(kind, item, [*self._chest.item_versions(kind, item), version])
                self._chest.keep_done_on(_changed(kind), "yes")
            self._chest.unqueue(kind, item)

    def _name(self, kind: str, item: str, number: int, piece: bytes) -> str:
        if item.startswith(MANIFEST):
            return name_manifest(self._vault.naming, kind, int(item.removeprefix(MANIFEST)), number)
        return name_chunk(piece, self._vault.naming)

    def _compose(self, kind: str) -> None:
        """Queue the manifest of a kind once everything else of it is at the cloud.

        Each manifest has a number, and so a name and a key, of its own: none is ever used for two contents.
        """
        if not self._chest.done_on(_changed(kind)) or any(
            queued == kind for queued, _ in self._chest.queued()
        ):
            return
        number = self._chest.next_number("manifest")
        manifest = Manifest(kind, number, self._chest.versions(kind))
        self._chest.queue(kind, f"{MANIFEST}{number}", manifest.encode())
        self._chest.keep_done_on(_changed(kind), "")

    def _piece(  # noqa: PLR0917 - one step of a pipeline, always called with all
        self, piece: bytes, name: str, kind: str, record: Consent, item: str, now: datetime
    ) -> Iterator[Upload]:
        """Requests that bring one chunk on its way; none when the cloud has it or an answer is awaited."""
        if name in self._flying or self._chest.held(name):
            return
        row = self._chest.chunk(name)
        if row is None:
            # The key is kept before the chunk leaves: a chunk that nobody can open is a loss.
            key = derive_chunk(self._vault.manifest, name) if item.startswith(MANIFEST) else None
            chunk = seal(piece, self._randomness, name, key)
            self._chest.keep_chunk(chunk, kind, record.id, item)
            yield self._upload(chunk, 0, record, kind, item, now)
            return
        if name in self._foreign:
            self._foreign.discard(name)
            yield self._ask("DELETE", name, record, item, piece, now)
        elif name not in self._offsets:
            yield self._ask("HEAD", name, record, item, piece, now)
        if name in self._offsets and name not in self._flying and not self._chest.held(name):
            chunk = seal_again(piece, name, row.key, row.header)
            yield self._upload(chunk, self._offsets.pop(name), record, kind, item, now)

    def _upload(  # noqa: PLR0917 - one step of a pipeline, always called with all
        self, chunk: Chunk, offset: int, record: Consent, kind: str, item: str, now: datetime
    ) -> Upload:
        size, path = len(chunk.sealed), f"/v1/chunks/{chunk.name}"
        if offset > 0:
            headers = (_TUS, _OCTETS, ("Upload-Offset", str(offset)))
            request = Request("PATCH", self._host, path, headers, chunk.sealed[offset:])
        else:
            headers = (_TUS, _OCTETS, ("Upload-Length", str(size)))
            request = Request("POST", self._host, path, headers, chunk.sealed)
        self._flying.add(chunk.name)
        upload = self._gate.mark(request, record, BACKUP_OF[kind], now, digest=digest_of(chunk.sealed))
        return replace(upload, chunks=(chunk.name,), item=item, whole=size)

    def _ask(  # noqa: PLR0917 - one step of a pipeline, always called with all
        self, method: str, name: str, record: Consent, item: str, piece: bytes, now: datetime
    ) -> Upload:
        """How far the cloud has a chunk whose upload was cut (HEAD), or that it forgets one (DELETE)."""
        request = Request(method, self._host, f"/v1/chunks/{name}", (_TUS,))
        self._flying.add(name)
        proven = self._gate.act(request, now) or request
        return Upload(proven, record.purpose, (), record.id, (name,), item, sealed_size(len(piece)))


def _changed(kind: str) -> str:
    return f"changed/{kind}"
