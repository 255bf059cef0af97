"""Framings and codings of bodies, and what lies in them."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterator

import pyarrow as pa

from fuzz_seeds.script import DOWN, FIXTURES, IMEI, JSON, ROOT, UP, turns


def bodies() -> Iterator[tuple[str, str, bytes]]:
    """Framings and codings of bodies."""
    mask = bytes([7, 8, 9, 10])
    masked = bytes(b ^ mask[i % 4] for i, b in enumerate(b"hello"))
    yield (
        "websocket",
        "masked",
        bytes([0])
        + turns(
            (UP, b"\x01\x83" + mask + masked[:3]),
            (UP, b"\x89\x00\x80\x82" + mask + masked[:2]),
            (UP, b"\x88\x02\x03\xe8"),
        ),
    )
    packer = zlib.compressobj(wbits=-15)
    deflated = packer.compress(JSON) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield (
        "websocket",
        "deflated",
        bytes([1]) + turns((UP, bytes([0xC1, len(deflated) - 4]) + deflated[:-4] + b"\xc1\x01\x00")),
    )
    message = b"\0\0\0\0\x05\x0a\x03abc" + b"\x01\0\0\0\x02\x1f\x8b"
    yield "grpc", "two", turns((UP, message), (UP, b"\x80\0\0\0\x0fgrpc-status: 0\r\n"))
    yield "grpc_web_text", "two", turns((UP, base64.b64encode(message) + base64.b64encode(message[:10])))
    yield (
        "sse",
        "events",
        turns((DOWN, b"event: a\ndata: one\ndata:two\n\n: comment\r\n\r\ndata\nid: 7\nretry: 10\n\n")),
    )
    for number, coded in enumerate((gzip.compress(JSON, mtime=0), zlib.compress(JSON))):
        yield "codings", ("gzip", "deflate")[number], bytes([number]) + coded
    yield "codings", "raw_deflate", bytes([1]) + deflated
    yield "codings", "brotli", bytes([2]) + pa.compress(JSON, codec="brotli", asbytes=True)
    yield "codings", "bomb", bytes([0]) + gzip.compress(bytes(1 << 21), mtime=0)[:6000]
    yield "codings", "twice", bytes([5]) + gzip.compress(zlib.compress(JSON), mtime=0)
    document = b'{"a":"{\\"b\\":\\"%s\\"}","c":"https://x.example/?q=%%7B%%7D&i=%s"}' % (IMEI, IMEI)
    yield "unwrap_documents", "json", bytes([1]) + document
    yield (
        "unwrap_documents",
        "xml",
        bytes([2]) + b'<?xml version="1.0"?><a b="c&amp;d"><![CDATA[%s]]><!-- x --><e>1</e></a>' % IMEI,
    )
    yield "unwrap_documents", "form", bytes([3]) + b"a=1&imei=%s&j=%%7B%%22k%%22%%3A1%%7D" % IMEI
    yield (
        "unwrap_documents",
        "multipart",
        bytes([4]) + b'--b\r\nContent-Disposition: form-data; name="f"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nNDkwMTU0MjAzMjM3NTE4\r\n--b--\r\n",
    )
    yield "unwrap_documents", "cookie", bytes([10]) + b"id=%s; b=%s" % (IMEI, base64.b64encode(JSON))
    yield "unwrap_documents", "name", bytes([15]) + b"GQ4TAMJVGQZDAMZSGM3TKMJY.t.example"
    for name in ("msgpack", "msgpack_two", "cbor", "cbor_endless", "bson", "bplist"):
        yield "unwrap_binary", name, bytes([0]) + (FIXTURES / "encodings" / name).read_bytes()
    yield (
        "unwrap_binary",
        "protobuf",
        bytes([1])
        + b"\x0a\x0f"
        + IMEI
        + b"\x12\x08\x0a\x02hi\x10\x96\x01\x19"
        + bytes(8)
        + b"\x25"
        + bytes(4),
    )
    yield (
        "unwrap_binary",
        "run",
        bytes([2]) + b"\x00\x0f\x01" + IMEI + b"\xff\x00\x05words\x00\x80\x81" + bytes(range(40)),
    )
    for name in ("zip_stored", "zip_deflated", "tar", "lz4"):
        path = FIXTURES / "encodings" / name
        if path.exists():
            yield "unwrap_archives", name, bytes([0]) + path.read_bytes()[:6000]
    yield "unwrap_archives", "gzip", bytes([0]) + gzip.compress(JSON, mtime=0) + zlib.compress(b"two " * 30)
    for name in ("base32", "base32_lower", "quoted_printable", "entities", "utf32be", "utf16"):
        path = FIXTURES / "encodings" / name
        if path.exists():
            yield "unwrap_tokens", name, bytes([0]) + path.read_bytes()[:4000]
    yield "unwrap_tokens", "nested", bytes([0]) + base64.b64encode(base64.b64encode(JSON).hex().encode())
    yield (
        "unwrap_tokens",
        "percent",
        bytes([2]) + b"/a?b=%25%34%39%30154203237518&c=" + base64.urlsafe_b64encode(JSON),
    )
    yield "unwrap_tokens", "utf16le", bytes([0]) + "Meet me at noon, 490154203237518".encode("utf-16")
    yield "optin_chunk", "sealed", bytes(32) + bytes(range(24)) + bytes(60)
    yield (
        "needles",
        "forms",
        b"x" * 30 + IMEI + b" ADA@example.org 1234567 canary-5f3a" + b"d41d8cd98f00b204e9800998ecf8427e",
    )
    pictures = ROOT / "crates/wirecore/src/scan/testdata"
    for name in ("small.png", "baseline.jpg", "progressive.jpg", "thumbnail.jpg"):
        data = (pictures / name).read_bytes()
        if len(data) < 7000:
            yield "media", name, b"before" + data + b"after"
    media = ROOT / "crates/wirecore/tests/fixtures/media"
    for name in ("film.mkv", "film.webm", "live.webm", "bare.mp3", "live.avi", "live.flac"):
        yield "media", name.replace(".", "_cut."), b"before" + (media / name).read_bytes()[:4000]
