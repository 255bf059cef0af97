"""Digests of one spelling of a fact: plain, of another digest, shortened, and printed in odd ways."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from wirewitness.model.needle import DigestForm, PlainForm

COMMON = ("md5", "sha1", "sha256")
"""Those that trackers nest and shorten."""
_LIBRARY = {
    "md5": "md5",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha3-224": "sha3_224",
    "sha3-256": "sha3_256",
    "sha3-384": "sha3_384",
    "sha3-512": "sha3_512",
    "blake2b": "blake2b",
    "blake2s": "blake2s",
    "ripemd160": "ripemd160",
}
"""The core's name of each algorithm, and the standard library's. Not every OpenSSL has RIPEMD-160."""


def digests(fact: int, text: bytes) -> Iterator[DigestForm]:
    """Every algorithm that this system knows."""
    for name, library in _LIBRARY.items():
        if library in hashlib.algorithms_available:
            yield DigestForm(fact, name, _raw(library, text))
    yield DigestForm(fact, "blake2b-256", hashlib.blake2b(text, digest_size=32).digest())


def nested(fact: int, text: bytes) -> Iterator[DigestForm]:
    """Digests of a digest: of its hex digits, its base64 or its raw bytes, as in `sha256(md5(x))`."""
    for inner in COMMON:
        raw = _raw(inner, text)
        digits = raw.hex().encode()
        for spelt in (digits, digits.upper(), base64.b64encode(raw), raw):
            for outer in COMMON:
                yield DigestForm(fact, outer, _raw(outer, spelt))


def oddly_printed(fact: int, text: bytes) -> Iterator[PlainForm]:
    """Cut to 16 characters (hex from the front or the middle, base64); without zeros; decimal."""
    for name in COMMON:
        raw = _raw(name, text)
        digits = raw.hex()
        cuts = (digits[:16], digits[8:24], digits[:16].upper(), digits[8:24].upper())
        for cut in (*cuts, base64.b64encode(raw)[:16].decode(), base64.urlsafe_b64encode(raw)[:16].decode()):
            yield PlainForm(fact, cut.encode(), whole_token=False)
        # Seen in traffic: each byte printed by itself, without its leading zero.
        unpadded = "".join(f"{byte:x}" for byte in raw)
        if unpadded != digits:
            yield PlainForm(fact, unpadded.encode(), whole_token=True)
            yield PlainForm(fact, unpadded.upper().encode(), whole_token=True)
        yield PlainForm(fact, str(int.from_bytes(raw)).encode(), whole_token=True)


def _raw(library: str, text: bytes) -> bytes:
    return hashlib.new(library, text, usedforsecurity=False).digest()
