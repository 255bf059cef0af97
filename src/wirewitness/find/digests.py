"""Digests of one spelling of a fact: plain, of another digest, shortened, and printed in odd ways."""

from __future__ import annotations

import base64
import hashlib
import zlib
from array import array
from collections.abc import Iterable, Iterator

from wirewitness.find.murmur import murmur3_32, murmur3_128
from wirewitness.find.rule_files import load_rules
from wirewitness.model.needle import DigestForm, DigestPack, PlainForm

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
WEAK = frozenset({"crc32", "murmur3"})
"""Hashes of 32 bits: one is met by chance, so that it counts in context only."""
WEAK_BITS = 32
_WEAK_CHARACTERS = 8
"""A number that happens to be printed shorter than that tells even less."""


class Packing:
    """Digests as they are gathered, side by side instead of as an object each."""

    def __init__(self) -> None:
        self._packs: dict[tuple[str, int], tuple[array[int], bytearray]] = {}
        self.facts = 0
        """One more than the highest number of a fact that has digests."""

    def take(self, forms: Iterable[DigestForm]) -> None:
        """Adds some."""
        for form in forms:
            facts, data = self._packs.setdefault((form.algorithm, len(form.data)), (array("I"), bytearray()))
            facts.append(form.fact)
            data += form.data
            self.facts = max(self.facts, form.fact + 1)

    def packs(self) -> tuple[DigestPack, ...]:
        """All of them; nothing is left here, for they are many."""
        done = []
        for algorithm, size in sorted(self._packs):
            facts, data = self._packs.pop((algorithm, size))
            done.append(DigestPack(algorithm, size, facts.tobytes(), bytes(data)))
        return tuple(done)


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


def murmurs(fact: int, text: bytes) -> Iterator[DigestForm]:
    """MurmurHash3 of 128 bits as its two words are printed, and as the bytes lie in memory (Guava)."""
    for name, seed in load_rules().seeds:
        if name == "murmur3-128":
            first, second = murmur3_128(text, seed)
            yield DigestForm(fact, name, first.to_bytes(8, "big") + second.to_bytes(8, "big"))
            yield DigestForm(fact, name, first.to_bytes(8, "little") + second.to_bytes(8, "little"))


def weak_prints(fact: int, text: bytes) -> Iterator[PlainForm]:
    """CRC-32 and MurmurHash3 of 32 bits as programs print them: decimal with and without sign, and in hex."""
    values = [("crc32", zlib.crc32(text))]
    values += [(name, murmur3_32(text, seed)) for name, seed in load_rules().seeds if name == "murmur3"]
    for name, value in values:
        turned = value.to_bytes(4, "little").hex()  # the order of Guava's HashCode.toString
        hexes = (f"{value:08x}", f"{value:x}", f"0x{value:08x}", f"0x{value:x}", turned)
        decimals = (str(value), str(value - (1 << WEAK_BITS))) if value >> (WEAK_BITS - 1) else (str(value),)
        spelt = (*decimals, *hexes, *(f"0x{h[2:].upper()}" if h[:2] == "0x" else h.upper() for h in hexes))
        for print_ in dict.fromkeys(spelt):
            if len(print_) >= _WEAK_CHARACTERS:
                yield PlainForm(fact, print_.encode(), whole_token=True, digest=name)


def _raw(library: str, text: bytes) -> bytes:
    return hashlib.new(library, text, usedforsecurity=False).digest()
