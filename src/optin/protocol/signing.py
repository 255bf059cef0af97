"""Ed25519 (RFC 8032) over canonical JSON: one way to sign every document that agent and cloud exchange.

The signature stands in the member ``signature`` and covers the canonical form of the object without it. Each
signed text begins with a context line, so that a signature for one use is never taken for another.
"""

from __future__ import annotations

from collections.abc import Mapping

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from optin.protocol.canonical import encode_canonical, parse_bytes, render_bytes

SEED_BYTES = KEY_BYTES = 32
SIGNATURE_BYTES = 64


class SignatureError(ValueError):
    """A document was not signed by the key that it should be signed by."""


def public_key(seed: bytes) -> bytes:
    """The public half of a seed."""
    return bytes(SigningKey(seed).verify_key)


def sign(document: Mapping[str, object], context: str, seed: bytes) -> dict[str, object]:
    """The document with its member ``signature``."""
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    signature = SigningKey(seed).sign(_text(unsigned, context)).signature
    return {**unsigned, "signature": render_signature(signature)}


def check(document: Mapping[str, object], context: str, key: bytes) -> None:
    """Raise :class:`SignatureError` unless ``key`` signed the document for this context."""
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    try:
        signature = parse_signature(document.get("signature"))
        VerifyKey(key).verify(_text(unsigned, context), signature)
    except (ValueError, TypeError, BadSignatureError) as error:
        raise SignatureError("the signature is not by the key that it should be by") from error


def render_signature(signature: bytes) -> str:
    """The two halves R and S of RFC 8032, each in base64url, with a dot between them."""
    half = SIGNATURE_BYTES // 2
    return f"{render_bytes(signature[:half])}.{render_bytes(signature[half:])}"


def parse_signature(text: object) -> bytes:
    """Inverse of :func:`render_signature`; ValueError for anything else."""
    halves = text.split(".") if isinstance(text, str) else []
    if len(halves) != 2:
        raise ValueError("a signature has two halves")
    return b"".join(parse_bytes(half, SIGNATURE_BYTES // 2) for half in halves)


def _text(unsigned: Mapping[str, object], context: str) -> bytes:
    return context.encode() + b"\n" + encode_canonical(unsigned)
