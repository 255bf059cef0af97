"""Canonical JSON (RFC 8785), so that agent, cloud and any third program sign and hash the same bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import rfc8785


def encode_canonical(document: Mapping[str, object]) -> bytes:
    """The one byte form of a JSON object. A number outside of what RFC 8785 allows is a ValueError."""
    return rfc8785.dumps(document)  # type: ignore[arg-type]


def parse_canonical(data: bytes) -> dict[str, Any]:
    """The object, if ``data`` is exactly its canonical form; else ValueError with one sentence.

    One meaning has one byte form, so that nobody can send a signed record twice under two hashes.
    """
    try:
        document = json.loads(data)
        if not isinstance(document, dict):
            raise TypeError  # noqa: TRY301 - becomes the one sentence below
        canonical = encode_canonical(document)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError("it is not a JSON object in UTF-8") from error
    if canonical != data:
        raise ValueError("it is not in canonical form (RFC 8785)")
    return document


def render_bytes(value: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def parse_bytes(text: object, length: int) -> bytes:
    """Inverse of :func:`render_bytes` for a value of known length; else ValueError."""
    if not isinstance(text, str):
        raise ValueError("bytes are written as base64url text")  # noqa: TRY004 - hostile input has one kind
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(value) != length or render_bytes(value) != text:
        raise ValueError(f"{length} bytes in base64url without padding are expected")
    return value
