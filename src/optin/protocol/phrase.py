"""The recovery phrase: nine pronounceable words that hold 128 random bits and a check, and the key behind it.

The words are proquints (Wilkerson, "A Proposal for Proquints", 2009): 16 bits each, easy to write down and
read out. The ninth is a check of the other eight. Argon2id (RFC 9106) turns the phrase into the root key; its
salt is fixed, since a new phone has nothing but the phrase, and the phrase itself is 128 bits of chance.
"""

from __future__ import annotations

import hashlib

from nacl import pwhash

ENTROPY_BYTES = 16
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"
_SALT = hashlib.sha256(b"optin recovery 1").digest()[: pwhash.argon2id.SALTBYTES]
_OPERATIONS, _MEMORY = 3, 64 * 1024 * 1024


def render_phrase(entropy: bytes) -> str:
    """Nine words with spaces."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a recovery phrase is made of {ENTROPY_BYTES} random bytes")
    data = entropy + _check(entropy)
    return " ".join(_word(int.from_bytes(data[at : at + 2], "big")) for at in range(0, len(data), 2))


def parse_phrase(phrase: str) -> bytes:
    """The random bytes again; ValueError when a word is none, or one was written down wrongly."""
    words = phrase.lower().replace("-", " ").split()
    data = b"".join(_value(word).to_bytes(2, "big") for word in words)
    if len(data) != ENTROPY_BYTES + 2:
        raise ValueError("a recovery phrase has nine words")
    if _check(data[:ENTROPY_BYTES]) != data[ENTROPY_BYTES:]:
        raise ValueError("a word of the recovery phrase is wrong, or two are exchanged")
    return data[:ENTROPY_BYTES]


def stretch(phrase: str) -> bytes:
    """The root key of 32 bytes. Takes 64 MiB of memory for a moment, on purpose."""
    words = render_phrase(parse_phrase(phrase)).encode()
    return pwhash.argon2id.kdf(32, words, _SALT, opslimit=_OPERATIONS, memlimit=_MEMORY)


def derive(root: bytes, use: str) -> bytes:
    """A key of 32 bytes for one use."""
    return hashlib.blake2b(use.encode(), key=root, digest_size=32, person=b"optin vault 1").digest()


def _check(entropy: bytes) -> bytes:
    return hashlib.sha256(b"optin phrase" + entropy).digest()[:2]


def _word(value: int) -> str:
    c, v = _CONSONANTS, _VOWELS
    return (
        c[value >> 12] + v[value >> 10 & 3] + c[value >> 6 & 15] + v[value >> 4 & 3] + c[value & 15]
    )  # fmt: skip


def _value(word: str) -> int:
    value = 0
    if len(word) != 5:
        raise ValueError(f"{word[:12]!r} is no word of a recovery phrase")
    for place, letter in enumerate(word):
        alphabet = _VOWELS if place % 2 else _CONSONANTS
        if letter not in alphabet:
            raise ValueError(f"{word!r} is no word of a recovery phrase")
        value = value << (2 if place % 2 else 4) | alphabet.index(letter)
    return value
