"""Bodies in the encodings that the unwrap tree reads, written by libraries that we did not write.

pip install cbor2==6.3.0 msgpack==1.2.4 pymongo==4.20.1 lz4==4.4.5 brotli==1.2.0 protobuf==7.36.2 \
    python-gsmmodem-new==0.13.0
python tools/make_encoding_fixtures.py      writes crates/wirecore/tests/fixtures/encodings/

The libraries are needed for this only; `formats.rs` and `files.rs` in `crates/wirecore/tests/unwrap/` read
what they wrote.
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
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from itertools import product
from pathlib import Path
from typing import Any

import brotli
import bson
import cbor2
import lz4.block
import lz4.frame
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, proto
from gsmmodem import pdu

FOLDER = Path(__file__).parents[1] / "crates/wirecore/tests/fixtures/encodings"
IMEI = 490154203237518
NUMBER = "+8613800138000"
MAIL = "ada.byron@example.org"
TEXT = "今天下午三点见面，好吗？Meet me at noon"
ENGLISH = "Meet me at noon by the old mill, bring 20€ [cash]"
LATIN = "Ren\u00e9e d\u2019Arc, K\u00f6ln"
LATITUDE = 48.8583701
LONGITUDE = 2.2944813
RECORD = {
    "device": {"imei": IMEI, "model": "HM NOTE 1W", "battery": 80, "charging": True, "carrier": None},
    "contacts": [{"number": NUMBER, "mail": MAIL}, {"number": "10086"}],
    "body": TEXT,
    "lat": LATITUDE,
    base64.b64encode(MAIL.encode()).decode(): 1,
}


def main() -> None:
    """Writes every fixture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in fixtures().items():
        (FOLDER / name).write_bytes(data)


def fixtures() -> dict[str, bytes]:
    """The body of each encoding."""
    told = {key: value for key, value in RECORD.items() if key != "device"}
    told["device"] = {key: value for key, value in RECORD["device"].items() if value is not None}
    text = TEXT.encode()
    return {
        "msgpack": msgpack.packb(RECORD),
        "msgpack_two": msgpack.packb({"v": 1, "id": "first"}) + msgpack.packb(RECORD),
        "cbor": cbor2.dumps(RECORD),
        "cbor_endless": cbor2.dumps(RECORD, indefinite_containers=True),
        "bson": bson.encode(RECORD),
        "bplist": plistlib.dumps(told, fmt=plistlib.FMT_BINARY),
        "xml_plist": plistlib.dumps(told),
        "base32": base64.b32encode(text),
        "base32_lower": base64.b32encode(MAIL.encode()).rstrip(b"=").lower(),
        "base32hex": base64.b32hexencode(MAIL.encode()),
        "base32hex_lower": base64.b32hexencode(MAIL.encode()).rstrip(b"=").lower(),
        "latin1_json": json.dumps({"n": 1, "name": LATIN}, ensure_ascii=False).encode("cp1252"),
        "utf32le": TEXT.encode("utf-32-le"),
        "utf32be": TEXT.encode("utf-32-be"),
        "utf32_marked": TEXT.encode("utf-32"),
        "quoted_printable": quopri.encodestring(text),
        "quoted_part": _mail(),
        "entities": html.escape(TEXT + " & 'then'").encode("ascii", "xmlcharrefreplace"),
        "lz4": lz4.frame.compress(text * 20),
        "tar": _tar(text),
        "zip": _zip(text, zipfile.ZIP_DEFLATED),
        "zip_stored": _zip(text, zipfile.ZIP_STORED),
        "zip_streamed": _zip_streamed(text),
        "sqlite": _sqlite(),
        "pdu_seven_bits": bytes(pdu.encodeSmsSubmitPdu(NUMBER, ENGLISH)[0].data),
        "pdu_ucs2": bytes(pdu.encodeSmsSubmitPdu(NUMBER, TEXT)[0].data),
        "pdu_hex": bytes(pdu.encodeSmsSubmitPdu(NUMBER, ENGLISH)[0].data).hex().upper().encode(),
        "seven_bits": bytes(pdu.packSeptets(pdu.encodeGsm7(ENGLISH))),
        "raw_deflate": _raw_deflate(text * 5),
        "raw_deflate_repeated": _raw_deflate(b" ".join(b"%d" % (n // 40) for n in range(9_000)) + text),
        "brotli": brotli.compress(text * 5),
        "brotli_streams": b"".join(stream.hex().encode() + b"\n" for stream in _brotli_streams()),
        "lz4_block": lz4.block.compress(text * 5, store_size=False),
        "lz4_block_sized": lz4.block.compress(text * 5, store_size=True),
        "protobuf_numbers": _protobuf(),
        "protobuf_only_numbers": _protobuf_class()(
            imei=IMEI, lat=LATITUDE, lon=LONGITUDE
        ).SerializeToString(),
        "protobuf_delimited": _protobuf_delimited(),
        "plist_in_plist": plistlib.dumps({"log": {"entry": plistlib.dumps(told, fmt=plistlib.FMT_BINARY)}}),
    }


def _raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(data) + squeeze.flush()


def _brotli_streams() -> Iterator[bytes]:
    """Streams of each quality and several windows, of texts with many and few letters, flushed or not."""
    digits = " ".join(str(n * n * 7919) for n in range(40))
    texts = (TEXT, ENGLISH * 3, json.dumps(RECORD), digits, "x" * 80 + MAIL, ENGLISH * 60 + digits * 9)
    for number, quality in product(range(len(texts)), range(12)):
        data = texts[number].encode()
        press = brotli.Compressor(quality=quality, lgwin=10 + (quality * 5 + number) % 15)
        cut = len(data) // 2 if quality % 3 == 1 else len(data)
        begun = press.process(data[:cut]) + (press.flush() if quality % 3 == 1 else b"")
        yield begun + press.process(data[cut:]) + press.finish()


def _sqlite() -> bytes:
    """A message store as Android keeps one: short and long texts, numbers, and a row that was deleted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mmssms.db"
        with closing(sqlite3.connect(path)) as base:
            base.execute("PRAGMA secure_delete = OFF")
            base.execute(
                "CREATE TABLE sms (_id INTEGER PRIMARY KEY, address TEXT, date INTEGER, `body` TEXT)"
            )
            base.execute("CREATE TABLE device (imei INTEGER, lat REAL)")
            base.execute("INSERT INTO device VALUES (?, ?)", (IMEI, LATITUDE))
            for number in range(60):
                base.execute(
                    "INSERT INTO sms VALUES (?, ?, ?, ?)", (number, "10086", 0, f"bill {number} " * 9)
                )
            base.execute("INSERT INTO sms VALUES (?, ?, ?, ?)", (98, NUMBER, 1_405_717_449_000, TEXT))
            base.execute(
                "INSERT INTO sms VALUES (?, ?, ?, ?)", (99, NUMBER, 0, "so it went on " * 600 + TEXT)
            )
            base.commit()
        return path.read_bytes()


def _protobuf_class() -> Any:
    kinds = descriptor_pb2.FieldDescriptorProto
    told = [
        ("imei", 1, kinds.TYPE_UINT64, False),
        ("lat", 2, kinds.TYPE_DOUBLE, False),
        ("lon", 3, kinds.TYPE_DOUBLE, False),
        ("lat_e7", 4, kinds.TYPE_SFIXED32, False),
        ("lon_e7", 5, kinds.TYPE_SFIXED32, False),
        ("seen", 6, kinds.TYPE_UINT64, True),
        ("track", 7, kinds.TYPE_DOUBLE, True),
        ("note", 8, kinds.TYPE_STRING, False),
    ]
    file = descriptor_pb2.FileDescriptorProto(name="numbers.proto", syntax="proto3")
    message = file.message_type.add(name="Numbers")
    for name, number, kind, repeated in told:
        label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
        message.field.add(name=name, number=number, type=kind, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Numbers"))


def _protobuf_delimited() -> bytes:
    """A batch as `writeDelimitedTo` makes it."""
    numbers = _protobuf_class()
    out = io.BytesIO()
    for one in (numbers(imei=7), numbers(imei=IMEI, note=TEXT), numbers(lat=LATITUDE, lon=LONGITUDE)):
        proto.serialize_length_prefixed(one, out)
    return out.getvalue()


def _protobuf() -> bytes:
    """Numbers only: an IMEI, a place in three ways, and two lists."""
    numbers = _protobuf_class()(
        imei=IMEI,
        lat=LATITUDE,
        lon=LONGITUDE,
        lat_e7=round(LATITUDE * 1e7),
        lon_e7=round(LONGITUDE * 1e7),
        seen=[IMEI, 8613800138000, 5],
        track=[LATITUDE, LONGITUDE],
    )
    return numbers.SerializeToString()


def _mail() -> bytes:
    message = EmailMessage()
    message.make_related()
    part = EmailMessage()
    part.set_content(f"{TEXT} = {MAIL}", cte="quoted-printable")
    message.attach(part)
    message.set_boundary("frontier")
    return message.as_bytes().partition(b"\n\n")[2]


def _tar(text: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in (("log/first.txt", b"nothing here"), ("log/messages.txt", text)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _zip(text: bytes, method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in (("first.txt", b"nothing here " * 9), ("messages.txt", text)):
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


class _Stream(io.RawIOBase):
    """A sink that cannot seek: lengths are then written behind the content."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.data += bytes(data)  # type: ignore[call-overload]
        return len(memoryview(data))  # type: ignore[arg-type]


def _zip_streamed(text: bytes) -> bytes:
    out = _Stream()
    with zipfile.ZipFile(out, "w") as archive:  # type: ignore[type-var]
        for name, data in (("first.txt", b"nothing here " * 9), ("messages.txt", text)):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.data


if __name__ == "__main__":
    main()
