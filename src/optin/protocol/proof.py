"""Proof that a request comes from the holder of a consent's key: one header, good for one request.

    Optin-Proof: time=2014-07-20T08:00:00Z, nonce=HEX32, digest=HEX64, signature=R.S

``digest`` is the SHA-256 of the body; for a chunk, that of the whole sealed chunk, also when a resumed
request carries only its end. The signature covers method, host, path, the key's use and these three.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from optin.protocol.canonical import render_bytes
from optin.protocol.exchange import Request
from optin.protocol.moment import parse_moment, render_moment
from optin.protocol.signing import check, sign

PROOF_HEADER = "Optin-Proof"
CONSENT_HEADER = "Optin-Consent"
KEY_HEADER = "Optin-Key"
"""Names the vault's key where a request is about a whole vault, not about one consent."""
TOLERANCE = timedelta(minutes=10)
"""How far the clocks of phone and cloud may differ; a nonce is remembered for twice that."""
_CONTEXT = "optin/request/1"
_FORM = re.compile(
    r"time=(?P<time>[0-9TZ:.-]{20,32}), nonce=(?P<nonce>[0-9a-f]{32}), "
    r"digest=(?P<digest>[0-9a-f]{64}), signature=(?P<signature>[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43})"
)


def digest_of(body: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Proof:
    """The header's parts, not yet checked."""

    time: datetime
    nonce: str
    digest: str
    signature: str

    @classmethod
    def parse(cls, header: str) -> Self:
        """Read the header; ValueError for anything else."""
        match = _FORM.fullmatch(header)
        if match is None:
            raise ValueError(f"the header {PROOF_HEADER} is not of its form")
        return cls(parse_moment(match["time"]), match["nonce"], match["digest"], match["signature"])

    def check(self, method: str, host: str, path: str, use: str, key: bytes) -> None:
        """Raise SignatureError unless ``key`` signed exactly this request. ``use``: consent id or key."""
        text = _text(method, host, path, use, (render_moment(self.time), self.nonce, self.digest))
        check({**text, "signature": self.signature}, _CONTEXT, key)


def prove(
    request: Request, use: str, seed: bytes, now: datetime, nonce: bytes, *, digest: str = ""
) -> Request:
    """The request with its proof. ``digest``: that of the whole chunk, where the body is a part of one."""
    parts = (render_moment(now), nonce.hex(), digest or digest_of(request.body))
    path = request.path.partition("?")[0]
    signed = sign(_text(request.method, request.host, path, use, parts), _CONTEXT, seed)
    value = f"time={parts[0]}, nonce={parts[1]}, digest={parts[2]}, signature={signed['signature']}"
    headers = (*request.headers, (PROOF_HEADER, value))
    return Request(request.method, request.host, request.path, headers, request.body)


def use_of_key(key: bytes) -> str:
    """How a vault's key is named in a proof."""
    return f"key {render_bytes(key)}"


def _text(method: str, host: str, path: str, use: str, parts: tuple[str, str, str]) -> dict[str, object]:
    time, nonce, digest = parts
    return {
        "method": method,
        "host": host,
        "path": path,
        "use": use,
        "time": time,
        "nonce": nonce,
        "digest": digest,
    }
