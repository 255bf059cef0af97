"""Digests of a fact in the ways in which senders print, nest and shorten them."""

from __future__ import annotations

import base64
import hashlib

from wirewitness.find.digests import digests, nested, oddly_printed

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
