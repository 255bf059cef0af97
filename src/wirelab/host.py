"""A host of the outside world: names, address, country, what it speaks, and the cloud that answers."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from wirelab.certificate import Identity
from wirelab.message import Service
from wirelab.tls import TlsProfile

WebSocketService: TypeAlias = "Callable[[str | bytes], list[str | bytes]]"


@dataclass
class Host:
    """One host name. `outage` may be set while a world runs: "refused" or "silent", "" when it is up."""

    name: str
    addresses: tuple[str, ...]
    country: str
    service: Service
    profile: TlsProfile | None
    alpn: tuple[str, ...]
    pinned: bool
    refuses: str | None
    aliases: tuple[str, ...]
    ttl: int
    idle_close_s: float
    one_way_s: float
    organisation: str
    websocket: WebSocketService | None
    authority_pem: str
    identity: Identity
    context: ssl.SSLContext | None = field(default=None, repr=False)
    quic_cipher: str | None = None
    outage: str = ""

    @property
    def protocol(self) -> str:
        """What the phone ends up speaking with it: "http/1.1", "h2" or "h3"."""
        return self.alpn[0] if self.alpn else "http/1.1"
