"""What comes back from the cloud: the newest software; recommendations: :mod:`optin.protocol.catalogue`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class SoftwareUpdate:
    """The newest software for a model.

    Version, where to get it, SHA-256 (hex) and size in bytes of the package.
    """

    version: str
    url: str
    sha256: str
    size: int

    def encode(self) -> bytes:
        """JSON object with the one member ``software_update``."""
        return json.dumps({"software_update": asdict(self)}, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what :meth:`encode` wrote. Raises ValueError for anything else."""
        try:
            update = json.loads(data)["software_update"]
            return cls(str(update["version"]), str(update["url"]), str(update["sha256"]), int(update["size"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError("not a software update") from error
