"""The sealed chunk of a backup: padded, then encrypted on the phone with a key that never leaves it.

Form: a 24-byte libsodium secretstream header, then one message with tag FINAL, holding the content padded by
ISO/IEC 7816-4 (libsodium's ``sodium_pad``) to a multiple of 16 KiB, so that its size says little.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from nacl import bindings

SUITE = "secretstream-xchacha20poly1305"
KEY_BYTES = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
PADDED_TO = 16 * 1024
LONGEST = 1024 * 1024
"""An object up to this size is one chunk."""

Randomness: TypeAlias = Callable[[int], bytes]
"""Gives that many random bytes; injected, so that a test can repeat a run."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the cloud stores under ``name`` (64 hex digits), and the key that only the owner has."""

    name: str
    key: bytes
    sealed: bytes


class DamagedChunkError(ValueError):
    """The sealed bytes do not open under the key."""


def seal(content: bytes, randomness: Randomness, name: str = "", key: bytes | None = None) -> Chunk:
    """Pad and encrypt at most :data:`LONGEST` bytes; a fresh key and a random name where none is given."""
    drawn, name_drawn, header = randomness(KEY_BYTES), randomness(32).hex(), randomness(HEADER_BYTES)
    return seal_again(content, name or name_drawn, drawn if key is None else key, header)


def seal_again(content: bytes, name: str, key: bytes, header: bytes) -> Chunk:
    """The same bytes as when that header and key were drawn, so that a cut upload can go on where it stopped.

    A header and key are never used for two contents: the name, keyed by the content, stands for both.
    """
    if len(content) > LONGEST:
        raise ValueError(f"a chunk holds at most {LONGEST} bytes; split the object first")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    # init_pull derives the same state from (header, key) as init_push does from a header it draws itself;
    # going through it lets the header come from the injected randomness.
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    message = bindings.crypto_secretstream_xchacha20poly1305_push(
        state, _padded(content), tag=bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    )
    return Chunk(name, key, header + message)


def open_chunk(sealed: bytes, key: bytes) -> bytes:
    """The content again. Raises :class:`DamagedChunkError` when a byte or the key is wrong."""
    if len(sealed) < HEADER_BYTES + bindings.crypto_secretstream_xchacha20poly1305_ABYTES:
        raise DamagedChunkError("the chunk is shorter than its header")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, sealed[:HEADER_BYTES], key)
    try:
        padded, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, sealed[HEADER_BYTES:])
    except RuntimeError as error:
        raise DamagedChunkError("the chunk does not open under this key") from error
    if tag != bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL:
        raise DamagedChunkError("the chunk is not closed: its last message lacks the final tag")
    return bytes(_unpadded(padded))


def sealed_size(length: int) -> int:
    """Size of the sealed chunk of a content of that length."""
    return HEADER_BYTES + 17 + (length // PADDED_TO + 1) * PADDED_TO


def name_chunk(content: bytes, key: bytes) -> str:
    """The keyed name of a content: equal contents of one owner have one name, those of two owners never."""
    return hashlib.blake2b(content, key=key, digest_size=32).hexdigest()


def split(content: bytes) -> list[bytes]:
    """Pieces of at most :data:`LONGEST` bytes, in order; an empty object is one empty piece."""
    return [content[start : start + LONGEST] for start in range(0, max(len(content), 1), LONGEST)]


def _padded(content: bytes) -> bytes:
    return content + b"\x80" + b"\x00" * (-(len(content) + 1) % PADDED_TO)


def _unpadded(padded: bytes) -> bytes:
    end = len(padded.rstrip(b"\x00")) - 1
    if end < 0 or padded[end] != 0x80 or len(padded) % PADDED_TO:
        raise DamagedChunkError("the padding of the chunk is damaged")
    return padded[:end]
