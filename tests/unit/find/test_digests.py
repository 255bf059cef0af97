"""Digests of a fact in the ways in which senders print, nest and shorten them."""

from __future__ import annotations

import base64
import hashlib
import zlib

from wirewitness.find.digests import WEAK, digests, murmurs, nested, oddly_printed, weak_prints
from wirewitness.find.murmur import murmur3_32, murmur3_128

MAIL = b"ann@post.example"


def test_every_algorithm_of_the_standard_library_is_named_as_the_core_names_it():
    named = {form.algorithm: form.data for form in digests(0, MAIL)}
    assert named["sha3-256"] == hashlib.sha3_256(MAIL).digest()
    assert named["blake2s"] == hashlib.blake2s(MAIL).digest()
    assert named["blake2b-256"] == hashlib.blake2b(MAIL, digest_size=32).digest()
    assert {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"} <= set(named)


def test_digests_of_digests_are_made_of_hex_base64_and_raw_bytes():
    raw = {form.data for form in nested(0, MAIL)}
    md5 = hashlib.md5(MAIL)
    assert hashlib.sha256(md5.hexdigest().encode()).digest() in raw
    assert hashlib.sha1(base64.b64encode(md5.digest())).digest() in raw
    assert hashlib.sha256(hashlib.sha256(MAIL).digest()).digest() in raw


def test_odd_prints_are_cut_unpadded_and_decimal():
    forms = {form.data for form in oddly_printed(0, MAIL)}
    sha1 = hashlib.sha1(MAIL).digest()
    assert base64.urlsafe_b64encode(sha1)[:16] in forms
    assert str(int.from_bytes(sha1)).encode() in forms
    assert "".join(f"{byte:x}" for byte in hashlib.sha256(MAIL).digest()).encode() in forms


def test_what_is_as_long_as_a_number_must_be_a_whole_token():
    forms = list(oddly_printed(0, MAIL))
    assert all(form.whole_token for form in forms if form.data.isdigit())


def verification_value(hash_of) -> str:
    """SMHasher's check of a whole hash: the hash of the hashes of 0, 0 1, 0 1 2, ... under seeds 256, 255, ..."""
    keys = bytes(range(256))
    return hash_of(b"".join(hash_of(keys[:n], 256 - n) for n in range(256)), 0)[:4][::-1].hex()


def test_murmur_hashes_are_those_of_the_reference():
    assert verification_value(lambda data, seed: murmur3_32(data, seed).to_bytes(4, "little")) == "b0f57ee3"
    words = lambda data, seed: b"".join(word.to_bytes(8, "little") for word in murmur3_128(data, seed))  # noqa: E731
    assert verification_value(words) == "6384ba69"
    assert murmur3_32(b"", 1) == 0x514E28B7
    first, second = murmur3_128(b"The quick brown fox jumps over the lazy dog")
    assert f"{first:016x}{second:016x}" == "e34bbc7bbc071b6c7a433ca9c49a9347"


def test_murmur_of_128_bits_is_sought_in_both_orders_and_under_the_documented_seeds():
    raw = {form.data for form in murmurs(0, MAIL)}
    for seed in (0, 31, 104729):
        first, second = murmur3_128(MAIL, seed)
        assert first.to_bytes(8, "big") + second.to_bytes(8, "big") in raw
        assert first.to_bytes(8, "little") + second.to_bytes(8, "little") in raw


def test_hashes_of_32_bits_are_whole_tokens_in_every_print_of_programs():
    forms = list(weak_prints(0, MAIL))
    assert all(form.whole_token and form.digest in WEAK and len(form.data) >= 8 for form in forms)
    prints = {form.data.decode(): form.digest for form in forms}
    crc = zlib.crc32(MAIL)
    assert prints[str(crc)] == prints[f"{crc:08x}"] == prints[f"0x{crc:08X}"] == "crc32"
    for seed in (0, 104729):
        value = murmur3_32(MAIL, seed)
        assert prints[f"{value:08X}"] == prints[value.to_bytes(4, "little").hex()] == "murmur3"
        assert value < 1 << 31 or prints[str(value - (1 << 32))] == "murmur3"
