"""A backup queue that goes on after its consent was revoked.

Sealed as before, under a record that has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optin.protocol.chunk import seal
from optin.protocol.proof import CONSENT_HEADER
from wirelab.datum import SEALED, Datum
from wirelab.lab import Request
from wirelab.vendor.agent import APP
from wirelab.vendor.cloud import BACKUP

if TYPE_CHECKING:
    from wirelab.owner.photos import Photo
    from wirelab.stage import Stage
    from wirelab.vendor.agent import PhoneAgent


class LeakyQueue:
    """Sends by itself what optin's agent would have dropped.

    The owner's key store has the keys of these chunks.
    """

    def __init__(self, stage: Stage, agent: PhoneAgent) -> None:
        self._stage, self._agent = stage, agent
        self._consent = ""

    def remember_consent(self) -> None:
        """Keep the id of the consent for photos that holds now."""
        now = self._stage.now()
        self._consent = next(
            record.id
            for record in self._agent.agent.consents()
            if record.data == ("photo",) and record.live(now, record.when)
        )

    def drain(self, photo: Photo) -> None:
        """Send a photo that was still waiting."""
        chunk = seal(photo.data, self._stage.rng("queue").randbytes)
        self._agent.agent.chest.keep_chunk(chunk, "photo", self._consent, photo.fact)
        headers = (("Content-Type", "application/offset+octet-stream"), (CONSENT_HEADER, self._consent))
        request = Request("POST", BACKUP, f"/v1/chunks/{chunk.name}", headers, chunk.sealed)
        self._stage.send(APP, request, (Datum("photo", photo.fact, (SEALED,)),), consent=self._consent)
