"""The backup queue.

Objects wait until their switch, the network and the cloud allow them, then go as sealed chunks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from optin.agent.gate import Gate, mark_request
from optin.agent.switch import BACKUP_OF
from optin.agent.upload import Upload
from optin.protocol.chunk import Randomness, seal, split
from optin.protocol.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from optin.agent.chest import Chest
    from optin.agent.switch import Switch
    from optin.protocol.consent import Consent

RETRY_AFTER = timedelta(minutes=30)
"""How long the backup rests after a request that failed."""
_OCTETS = ("Content-Type", "application/octet-stream")


class Backup:
    """What waits, what is under way, what the cloud holds. ``host`` is the cloud's host for chunks."""

    def __init__(self, chest: Chest, gate: Gate, host: str, randomness: Randomness) -> None:
        self._chest, self._gate, self._host, self._randomness = chest, gate, host, randomness
        self._under_way: dict[tuple[str, str], int] = {}
        """How many chunks of an object still wait for the cloud's answer."""
        self._rest_until: datetime | None = None

    def offer(self, kind: str, item: str, content: bytes) -> bool:
        """Queue an object; False, and forgotten, when its switch is off or the cloud holds it already."""
        if self._gate.standing(BACKUP_OF[kind]) is None or self._chest.backed_up(kind, item):
            return False
        self._chest.queue(kind, item, content)
        return True

    def drop(self, switch: Switch) -> None:
        """Forget what waits under a switch that went off."""
        for kind, item in self._chest.queued():
            if BACKUP_OF[kind] is switch:
                self._chest.unqueue(kind, item)
                self._under_way.pop((kind, item), None)

    def due(self, now: datetime, conditions: Mapping[str, str]) -> Iterator[Upload]:
        """Chunks that may leave now, and registrations that must go before them."""
        if self._rest_until is not None and now < self._rest_until:
            return
        for kind, item in self._chest.queued():
            if (kind, item) in self._under_way:
                continue
            for ready in self._gate.ready(BACKUP_OF[kind], self._host, now, conditions):
                if isinstance(ready, Upload):
                    yield ready
                else:
                    yield from self._sealed(kind, item, ready)

    def answered(self, upload: Upload, now: datetime, *, accepted: bool) -> None:
        """An object is done when the cloud took all its chunks; one that failed is sent anew as a whole."""
        flight = (upload.data[0], upload.item)
        if not accepted:
            self._under_way.pop(flight, None)
            self._rest_until = now + RETRY_AFTER
        elif flight in self._under_way:
            self._under_way[flight] -= 1
            if not self._under_way[flight]:
                del self._under_way[flight]
                self._chest.unqueue(*flight)
                self._chest.keep_done(*flight)

    def _sealed(self, kind: str, item: str, record: Consent) -> Iterator[Upload]:
        pieces = split(self._chest.content(kind, item))
        self._under_way[kind, item] = len(pieces)
        for piece in pieces:
            chunk = seal(piece, self._randomness)
            # The key is kept before the chunk leaves: a chunk that nobody can open is a loss.
            self._chest.keep_chunk(chunk, kind, record.id, item)
            request = Request("PUT", self._host, f"/v1/chunks/{chunk.name}", (_OCTETS,), chunk.sealed)
            upload = mark_request(request, record, BACKUP_OF[kind])
            yield replace(upload, chunks=(chunk.name,), item=item)
