"""Parcels: each wrapping can be undone, and the note of it reads from the outside inwards."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from email import message_from_bytes
from urllib.parse import parse_qs, unquote_to_bytes

from hypothesis import given
from hypothesis import strategies as st

from wirelab.parcel import BOUNDARY, Parcel

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200)


@given(TEXT)
def test_every_wrapping_can_be_undone(text):
    data = text.encode()
    parcel = Parcel.of(text)
    assert gzip.decompress(parcel.gzip().data) == data
    assert zlib.decompress(parcel.zlib().data) == data
    assert base64.b64decode(parcel.base64().data) == data
    assert bytes.fromhex(parcel.hex().data.decode()) == data
    assert parcel.utf16().data.decode("utf-16-le") == text
    assert unquote_to_bytes(parcel.percent().data) == data
    assert json.loads(parcel.json("a", {"b": 1}).data) == {"b": 1, "a": text}
    assert parse_qs(parcel.form("a", {"b": "1"}).data.decode())["a"] == [text]
    assert parcel.digest("sha1").data == hashlib.sha1(data).digest()
    assert parcel.salted("2014").data == b"2014" + data


@given(st.binary(max_size=300))
def test_a_multipart_body_is_one_that_a_mail_reader_understands(data):
    body = Parcel.of(data.replace(b"\r", b"").replace(b"\n", b"")).multipart(
        "f", "x.bin", "image/jpeg", {"t": "1"}
    )
    head = f'Content-Type: multipart/form-data; boundary="{BOUNDARY}"\r\n\r\n'.encode()
    field, file = message_from_bytes(head + body.data).get_payload()
    assert field.get_payload() == "1"
    assert file.get_content_type() == "image/jpeg"


def test_the_note_reads_from_the_outside_inwards():
    parcel = Parcel.of("490154203237518").digest("sha1").base64url(16).json("d").gzip()
    assert parcel.chain == ("gzip", "json", "base64url", "sha1")
    token = json.loads(gzip.decompress(parcel.data))["d"]
    assert token == base64.urlsafe_b64encode(hashlib.sha1(b"490154203237518").digest()).decode()[:16]


def test_protocol_buffers_are_framed_as_their_encoding_says():
    parcel = Parcel.of("abc").protobuf(4, {1: 300, 2: "x"})
    assert parcel.data == b"\x08\xac\x02" + b"\x12\x01x" + b"\x22\x03abc"
