"""What every route is handed: the store, the cloud's keys, what it publishes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from optin.cloud.count_noise import opendp_count_noise
from optin.cloud.popularity import CountNoise
from optin.cloud.store import Store
from optin.protocol.answer import SoftwareUpdate
from optin.protocol.catalogue import Recommendation
from optin.protocol.signing import public_key


@dataclass(frozen=True, slots=True)
class CloudKeys:
    """Seeds of the cloud's two signing keys, derived from one secret."""

    secret: bytes = field(repr=False)

    @property
    def log(self) -> bytes:
        """Signs tree heads and erasure receipts."""
        return self._derive(b"log")

    @property
    def catalogue(self) -> bytes:
        """Signs the catalogue of recommendations."""
        return self._derive(b"catalogue")

    @property
    def public(self) -> tuple[bytes, bytes]:
        """The public halves, of log and catalogue."""
        return public_key(self.log), public_key(self.catalogue)

    def _derive(self, use: bytes) -> bytes:
        return hashlib.blake2b(use, key=self.secret, digest_size=32, person=b"optin cloud 1").digest()


@dataclass(frozen=True, slots=True)
class Service:
    """Handed to each route with the question."""

    store: Store
    keys: CloudKeys
    update: SoftwareUpdate | None
    catalogue: tuple[Recommendation, ...]
    repository: Path | None = None
    """Folder of the TUF repository, served as it is."""
    noise: CountNoise = opendp_count_noise
    kept: dict[str, bytes] = field(default_factory=dict)
    """The signed catalogue of this hour, by the hour: within one it is the same bytes for everybody."""
