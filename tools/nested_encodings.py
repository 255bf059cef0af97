"""Encodings one in another, by libraries that we did not write: `measure_decoding.py` hides facts in them.

Each encoder takes bytes and gives the body of a message that holds them, with neighbours as real ones have.
Those of `TEXTS` take texts only.
"""

from __future__ import annotations

import base64
import html
import io
import json
import plistlib
import quopri
import sqlite3
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from gzip import compress as gzip
from pathlib import Path
from random import Random
from urllib.parse import quote, urlencode

import brotli
import bson
import cbor2
import lz4.block
import lz4.frame
import msgpack
import zstandard
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Encoder = Callable[[Random, bytes], bytes]
WORDS = (
    *("time", "event", "level", "screen", "open", "close", "battery", "network", "signal", "cache", "image"),
    *("video", "player", "start", "stop", "resume", "error", "warning", "info", "debug", "session", "page"),
    *("scroll", "click", "search", "result", "item", "list", "detail", "order", "cart", "update", "locale"),
)


def word(random: Random) -> str:
    """A name as fields have it."""
    return random.choice(WORDS) + random.choice(["", "", "_id", "_at", "Count", str(random.randrange(9))])


def log_around(random: Random, data: bytes) -> bytes:
    """The data as a line of a log: a squeezed batch has some hundreds of bytes, and repeats itself little."""
    lines = [
        f"{random.randrange(10**9)} {random.choice(WORDS)} {word(random)}={random.randrange(10**6)}".encode()
        for _ in range(random.randrange(8, 20))
    ]
    lines.insert(random.randrange(len(lines)), data)
    return b"\n".join(lines)


def _json(random: Random, data: bytes) -> bytes:
    value = data.decode()
    shape = random.randrange(4)
    ascii_only = random.random() < 0.5
    if shape == 0:
        rows = [{word(random): random.randrange(99)}, {word(random): value}]
        return b"\n".join(json.dumps(row, ensure_ascii=ascii_only).encode() for row in rows)
    names = random.sample(WORDS, 3)
    document: object = {names[0]: random.randrange(10**6), names[1]: value, names[2]: [True, None]}
    if shape == 1:
        document = [word(random), {"d": document}]
    return json.dumps(document, ensure_ascii=ascii_only).encode()


def _xml(random: Random, data: bytes) -> bytes:
    text = html.escape(data.decode())
    inside = f'<int name="a" value="4"/><string name="{word(random)}">{text}</string>'
    return f'<?xml version="1.0"?>\n<map>{inside}</map>'.encode()


def _form(random: Random, data: bytes) -> bytes:
    return urlencode([(word(random), "1"), (word(random) + "x", data), ("z", "ok")]).encode()


def _url(random: Random, data: bytes) -> bytes:
    query = f"v=2&{word(random)}={quote(data, safe='')}"
    return f"https://cdn.example/{random.choice(WORDS)}/a.gif?{query}".encode()


def _multipart(random: Random, data: bytes) -> bytes:
    boundary = f"----WebKitForm{random.getrandbits(64):016x}"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{word(random)}"\r\n\r\n'
    return head.encode() + data + f"\r\n--{boundary}--\r\n".encode()


def _quoted(random: Random, data: bytes) -> bytes:
    lines = f"BEGIN:NOTE\nX-A: caf\u00e9 {word(random)} = {random.randrange(99)}\n".encode()
    return quopri.encodestring(lines + data)


def _escape(_random: Random, data: bytes) -> bytes:
    return json.dumps(data.decode())[1:-1].replace("/", "\\/").encode()


def _percent(_random: Random, data: bytes) -> bytes:
    return "".join(f"%{byte:02X}" for byte in data).encode()


def _base64(random: Random, data: bytes) -> bytes:
    if random.random() < 0.5:
        return base64.b64encode(data)
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _base32(random: Random, data: bytes) -> bytes:
    return base64.b32encode(data) if random.random() < 0.5 else base64.b32encode(data).rstrip(b"=").lower()


def _hex(random: Random, data: bytes) -> bytes:
    return data.hex().upper().encode() if random.random() < 0.5 else data.hex().encode()


def _record(random: Random, data: bytes) -> dict[str, object]:
    """Texts as texts, the rest as bytes, as programs do."""
    return {word(random): 3, "value": _text_or_bytes(data), "list": [1, {"k": word(random)}], "on": True}


def _text_or_bytes(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _plist(random: Random, data: bytes, form: plistlib.PlistFormat) -> bytes:
    text = _text_or_bytes(data)
    if isinstance(text, str) and any(ord(c) < 32 and c not in "\t\n" for c in text):
        text = data  # XML has no way to write control characters
    return plistlib.dumps({"value": text, word(random) + "y": 7}, fmt=form)


def _sqlite(random: Random, data: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        with closing(sqlite3.connect(path)) as base:
            base.execute("CREATE TABLE row (_id INTEGER PRIMARY KEY, kind TEXT, body)")
            for number in range(3):
                base.execute("INSERT INTO row VALUES (?, ?, ?)", (number, word(random), "none"))
            base.execute("INSERT INTO row VALUES (9, ?, ?)", (word(random), _text_or_bytes(data)))
            base.commit()
        return path.read_bytes()


def _zip(random: Random, data: bytes) -> bytes:
    out = io.BytesIO()
    method = random.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("log/first.txt"), b"nothing here " * 9, method)
        archive.writestr(zipfile.ZipInfo(word(random) + ".dat"), data, method)
    return out.getvalue()


def _tar(random: Random, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (("log/first.txt", b"nothing here"), (word(random) + ".dat", data)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _message_class() -> type:
    kinds = descriptor_pb2.FieldDescriptorProto
    proto = descriptor_pb2.FileDescriptorProto(name="nested.proto", syntax="proto3")
    message = proto.message_type.add(name="Event")
    for name, number, kind in (
        ("name", 1, kinds.TYPE_STRING),
        ("count", 2, kinds.TYPE_UINT64),
        ("value", 3, kinds.TYPE_BYTES),
        ("screen", 4, kinds.TYPE_STRING),
    ):
        message.field.add(name=name, number=number, type=kind, label=kinds.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(proto)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Event"))


_EVENT = _message_class()


def _protobuf(random: Random, data: bytes) -> bytes:
    event = _EVENT(name=word(random), count=random.randrange(9999), value=data, screen=word(random))
    return event.SerializeToString()


def _raw_deflate(random: Random, data: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(log_around(random, data)) + squeeze.flush()


def _lz4_block(random: Random, data: bytes) -> bytes:
    return lz4.block.compress(log_around(random, data), store_size=random.random() < 0.5)


def _latin1(random: Random, data: bytes) -> bytes:
    """A text of one byte a letter; what cannot be written so stands in UTF-8 behind such a text."""
    around = f"{word(random)}: caf\u00e9, d\u2019Arc, ".encode("cp1252")
    try:
        return around + data.decode().encode("cp1252")
    except UnicodeEncodeError:
        return around + data


def _zlib(random: Random, data: bytes) -> bytes:
    return zlib.compress(data, random.choice([1, 6, 9]))


def _run(random: Random, data: bytes) -> bytes:
    """A private protocol: types and lengths before a text."""
    return bytes([random.randrange(1, 9), 0, 255, 254, len(data) & 255, 0, 1]) + data + b"\x00\x01\xff\x02"


BYTES: dict[str, Encoder] = {
    "form": _form,
    "url": _url,
    "multipart": _multipart,
    "percent": _percent,
    "base64": _base64,
    "base32": _base32,
    "hex": _hex,
    "base32hex": lambda _r, data: base64.b32hexencode(data).rstrip(b"="),
    "hex_bytes": lambda random, data: data.hex(random.choice(": -")).encode(),
    "gzip": lambda _r, data: gzip(data, mtime=0),
    "zlib": _zlib,
    "zstd": lambda _r, data: zstandard.compress(data),
    "lz4": lambda _r, data: lz4.frame.compress(data),
    "zip": _zip,
    "tar": _tar,
    "sqlite": _sqlite,
    "protobuf": _protobuf,
    "msgpack": lambda random, data: msgpack.packb(_record(random, data)),
    "cbor": lambda random, data: cbor2.dumps(_record(random, data)),
    "bson": lambda random, data: bson.encode(_record(random, data)),
    "bplist": lambda random, data: _plist(random, data, plistlib.FMT_BINARY),
}
"""By the codec that should open them; any bytes may stand in them."""

TEXTS: dict[str, Encoder] = {
    "json": _json,
    "xml": _xml,
    "json_escape": _escape,
    "entities": lambda _r, data: html.escape(data.decode()).encode("ascii", "xmlcharrefreplace"),
    "quoted_printable": _quoted,
    "latin1": _latin1,
    "utf16": lambda _r, data: data.decode().encode("utf-16-le"),
    "utf32": lambda _r, data: data.decode().encode("utf-32-le"),
    "raw_deflate": _raw_deflate,
    "brotli": lambda random, data: brotli.compress(log_around(random, data)),
    "lz4_block": _lz4_block,
    "run": _run,
}
"""The same for texts; what announces itself by nothing is opened only where it holds one."""


def wrap(random: Random, data: bytes, names: list[str]) -> tuple[str, bytes]:
    """One encoding around the data, of those that may hold it."""
    is_text = isinstance(_text_or_bytes(data), str) and b"\0" not in data
    fits = [name for name in names if name in BYTES or is_text]
    name = random.choice(fits)
    return name, (BYTES.get(name) or TEXTS[name])(random, data)
