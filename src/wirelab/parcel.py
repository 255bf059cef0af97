"""A value being wrapped for sending, with the note of how.

Each method adds one real-world encoding around it.

``Parcel.of(b"49015420...").sha1().base64url().json("d")`` is a body; its ``chain`` names the steps from the
outermost inwards, as the truth file wants them.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlencode

from wirelab.datum import UNGUESSABLE

BOUNDARY = "----7d4a6e158c3b2f90"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Bytes, and the encodings that made them, outermost first."""

    data: bytes
    chain: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: str | bytes) -> Self:
        """A bare value; text becomes UTF-8."""
        return cls(value.encode() if isinstance(value, str) else value)

    def gzip(self) -> Parcel:
        """RFC 1952, the same bytes for the same input."""
        return self._wrap("gzip", gzip.compress(self.data, 6, mtime=0))

    def zlib(self) -> Parcel:
        """RFC 1950."""
        return self._wrap("zlib", zlib.compress(self.data))

    def base64(self) -> Parcel:
        """RFC 4648 section 4, padded."""
        return self._wrap("base64", base64.b64encode(self.data))

    def base64url(self, length: int | None = None) -> Parcel:
        """RFC 4648 section 5 without padding, cut to ``length`` characters when given."""
        return self._wrap("base64url", base64.urlsafe_b64encode(self.data).rstrip(b"=")[:length])

    def hex(self) -> Parcel:
        """Lower-case hexadecimal digits."""
        return self._wrap("hex", self.data.hex().encode())

    def utf16(self) -> Parcel:
        """UTF-16, little-endian, without mark."""
        return self._wrap("utf16", self.data.decode().encode("utf-16-le"))

    def digest(self, algorithm: str) -> Parcel:
        """The raw digest: "md5", "sha1" or "sha256".

        The value cannot be had back; who knows it can recognise it.
        """
        return self._wrap(algorithm, hashlib.new(algorithm, self.data).digest())

    def salted(self, salt: str) -> Parcel:
        """The value behind a prefix that a guess can find again (an hour, an app's name)."""
        return self._wrap("salt", salt.encode() + self.data)

    def peppered(self, secret: bytes) -> Parcel:
        """The value behind a prefix that nobody but the sender's maker knows."""
        return self._wrap(UNGUESSABLE, secret + self.data)

    def cut(self, start: int, end: int | None = None) -> Parcel:
        """Only a part of it."""
        return self._wrap("cut", self.data[start:end])

    def json(self, key: str, beside: Mapping[str, object] | None = None) -> Parcel:
        """A JSON object in which this text is the member ``key``, with other members before it."""
        document = {**(beside or {}), key: self.data.decode()}
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return self._wrap("json", text.encode())

    def form(self, key: str, beside: Mapping[str, str] | None = None) -> Parcel:
        """``application/x-www-form-urlencoded`` with this as the field ``key``."""
        return self._wrap("form", urlencode([*(beside or {}).items(), (key, self.data)]).encode())

    def percent(self) -> Parcel:
        """Percent-encoding of everything but unreserved characters (RFC 3986)."""
        return self._wrap("percent", quote(self.data, safe="").encode())

    def multipart(
        self, name: str, filename: str, media_type: str, beside: Mapping[str, str] | None = None
    ) -> Parcel:
        """``multipart/form-data`` (RFC 7578) with the boundary :data:`BOUNDARY`; this is the file, last."""
        parts = b"".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in (beside or {}).items()
        )
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            f"Content-Type: {media_type}\r\n\r\n"
        )
        return self._wrap("multipart", parts + head.encode() + self.data + f"\r\n--{BOUNDARY}--\r\n".encode())

    def protobuf(self, number: int, beside: Mapping[int, str | int] | None = None) -> Parcel:
        """A protocol buffers message with this as the length-delimited field ``number``, others before it."""
        fields = b"".join(_field(key, value) for key, value in (beside or {}).items())
        return self._wrap("protobuf", fields + _field(number, self.data))

    def _wrap(self, name: str, data: bytes) -> Parcel:
        return Parcel(data, (name, *self.chain))


def _field(number: int, value: str | int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
