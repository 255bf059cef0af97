"""Bodies in the encodings that the unwrap tree reads, written by libraries that we did not write.

pip install cbor2==6.3.0 msgpack==1.2.4 pymongo==4.20.1 lz4==4.4.5
python tools/make_encoding_fixtures.py      writes crates/wirecore/tests/fixtures/encodings/

The libraries are needed for this only; `crates/wirecore/tests/unwrap/formats.rs` reads what they wrote.
"""

from __future__ import annotations

import base64
import html
import io
import plistlib
import quopri
import tarfile
import zipfile
from email.message import EmailMessage
from pathlib import Path

import bson
import cbor2
import lz4.frame
import msgpack

FOLDER = Path(__file__).parents[1] / "crates/wirecore/tests/fixtures/encodings"
IMEI = 490154203237518
NUMBER = "+8613800138000"
MAIL = "ada.byron@example.org"
TEXT = "今天下午三点见面，好吗？Meet me at noon"
LATITUDE = 48.8583701
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
    }


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
