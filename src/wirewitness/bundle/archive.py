"""A canonical zip: one way to write given members, so that no byte of it can change unnoticed.

Members stand in the order of their names' bytes, stored and not compressed, dated 1980-01-01, without
comments, gaps or extra fields (but for Zip64's own where a size needs it). Stored, because compressors
differ between versions, because captures hardly shrink, and because nothing can then unpack to more than it
is. The reader accepts exactly what the writer writes, and names the member where it does not. Format:
PKWARE APPNOTE 6.3.10.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from wirewitness.model.errors import InputError

MAX_MEMBERS = 200_000
MAX_NAME = 1000
_PART = 1 << 20
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_END = struct.Struct("<IHHHHIIH")
_FULL = 0xFFFFFFFF
_VERSION, _UTF8, _DATE = 45, 0x800, 0x21
_UNIX = 3 << 8
_MODE = 0o100644 << 16
_SIGN = 0x04034B50


@dataclass(frozen=True)
class Member:
    """One file of an archive: its size, hashes and where its bytes begin."""

    name: str
    size: int
    crc: int
    sha256: str
    offset: int = 0


def write_archive(
    file: BinaryIO, members: Mapping[str, Path | bytes], measured: Mapping[str, Member] | None = None
) -> list[Member]:
    """Write the members in canonical order; one that changed since it was `measured` is refused."""
    written: list[Member] = []
    at = 0
    for name in sorted(members, key=lambda name: name.encode()):
        if (why := wrong_name(name)) is not None:
            raise InputError(name, f"cannot be put into a bundle: {why}")
        source = members[name]
        member = (measured or {}).get(name) or measure(name, source)
        head = _local(member)
        file.write(head)
        size = crc = 0
        for part in _parts(source):
            crc = zlib.crc32(part, crc)
            size += len(part)
            file.write(part)
        if (size, crc) != (member.size, member.crc):
            raise InputError(name, "changed while it was being sealed")
        written.append(Member(name, member.size, member.crc, member.sha256, at))
        at += len(head) + member.size
    for part in _directory(written, at):
        file.write(part)
    return written


def read_archive(path: Path, file: BinaryIO) -> list[Member]:
    """Every member in order, checked byte by byte; `InputError` names the first that is not as written."""
    members: list[Member] = []
    at = 0
    for head in _heads(path, file):
        name, size, crc, length = head
        if members and name.encode() <= members[-1].name.encode():
            raise InputError(path, f"'{name}' stands out of order or twice")
        if len(members) >= MAX_MEMBERS:
            raise InputError(path, f"holds more than {MAX_MEMBERS} files")
        found = _hashed(path, file, name, size)
        if found[0] != crc:
            raise InputError(path, f"'{name}' was changed: its bytes do not have the checksum beside them")
        members.append(Member(name, size, crc, found[1], at))
        at += length + size
    _check_directory(path, file, members, at)
    return members


def member_parts(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The bytes of a member that was read before, piece by piece."""
    file.seek(member.offset + len(_local(member)))
    left = member.size
    while left and (part := file.read(min(left, _PART))):
        left -= len(part)
        yield part


def wrong_name(name: str) -> str | None:
    """Why a name may not stand in a bundle; None when it may. It can then climb out of no folder."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME:
        return "its name is empty or too long"
    if unicodedata.normalize("NFC", name) != name:
        return "its name is not in Unicode normal form C"
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in name):
        return "its name holds control characters"
    if "\\" in name or any(part in {"", ".", ".."} for part in name.split("/")):
        return "its name climbs out of its folder or is not plain"
    if any(part[1:2] == ":" for part in name.split("/")):
        return "its name names a drive"
    return None


def measure(name: str, source: Path | bytes) -> Member:
    """Size and hashes of what will be a member, in one reading."""
    digest, crc, size = sha256(), 0, 0
    for part in _parts(source):
        digest.update(part)
        crc = zlib.crc32(part, crc)
        size += len(part)
    return Member(name, size, crc, digest.hexdigest())


def _parts(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    try:
        with source.open("rb") as file:
            while part := file.read(_PART):
                yield part
    except OSError as error:
        raise InputError(source, f"cannot be read: {error.strerror}") from None


def _local(member: Member) -> bytes:
    name = member.name.encode()
    extra = struct.pack("<HHQQ", 1, 16, member.size, member.size) if member.size >= _FULL else b""
    size = min(member.size, _FULL)
    fields = (_SIGN, _VERSION, _UTF8, 0, 0, _DATE, member.crc, size, size, len(name), len(extra))
    return _LOCAL.pack(*fields) + name + extra


def _central(member: Member) -> bytes:
    name = member.name.encode()
    long = b"".join(
        struct.pack("<Q", value)
        for value in (member.size, member.size, member.offset)
        if value >= _FULL
    )  # fmt: skip
    extra = struct.pack("<HH", 1, len(long)) + long if long else b""
    size = min(member.size, _FULL)
    fields = (
        0x02014B50, _UNIX | _VERSION, _VERSION, _UTF8, 0, 0, _DATE, member.crc, size, size, len(name),
        len(extra), 0, 0, 0, _MODE, min(member.offset, _FULL),
    )  # fmt: skip
    return _CENTRAL.pack(*fields) + name + extra


def _directory(members: Iterable[Member], at: int) -> Iterator[bytes]:
    size = count = 0
    for member in members:
        entry = _central(member)
        size += len(entry)
        count += 1
        yield entry
    if count >= 0xFFFF or size >= _FULL or at >= _FULL:
        yield _END64.pack(0x06064B50, 44, _UNIX | _VERSION, _VERSION, 0, 0, count, count, size, at)
        yield _LOCATOR.pack(0x07064B50, 0, at + size, 1)
    few = min(count, 0xFFFF)
    yield _END.pack(0x06054B50, 0, 0, few, few, min(size, _FULL), min(at, _FULL), 0)


def _heads(path: Path, file: BinaryIO) -> Iterator[tuple[str, int, int, int]]:
    """(name, size, CRC, length of the header) of each member; ends where the directory begins."""
    while True:
        start = file.tell()
        fixed = file.read(_LOCAL.size)
        if len(fixed) < 4 or struct.unpack_from("<I", fixed)[0] != _SIGN:
            file.seek(start)
            return
        if len(fixed) < _LOCAL.size:
            raise InputError(path, "ends inside the head of a file: it was cut short")
        _, _, _, method, _, _, crc, size, _, name_length, extra_length = _LOCAL.unpack(fixed)
        rest = file.read(name_length + extra_length)
        try:
            name = rest[:name_length].decode()
        except UnicodeDecodeError:
            raise InputError(path, f"a name at byte {start} is not UTF-8") from None
        if (why := wrong_name(name)) is not None:
            raise InputError(path, f"'{name}': {why}")
        if method != 0:
            raise InputError(path, f"'{name}' is compressed; a bundle stores its files as they are")
        if extra_length == 20:
            size = struct.unpack_from("<Q", rest, name_length + 4)[0]
        if fixed + rest != _local(Member(name, size, crc, "")):
            raise InputError(path, f"the head of '{name}' is not as a bundle's is written")
        yield name, size, crc, len(fixed) + len(rest)


def _hashed(path: Path, file: BinaryIO, name: str, size: int) -> tuple[int, str]:
    digest, crc, left = sha256(), 0, size
    while left:
        part = file.read(min(left, _PART))
        if not part:
            raise InputError(path, f"ends inside '{name}': it was cut short")
        left -= len(part)
        digest.update(part)
        crc = zlib.crc32(part, crc)
    return crc, digest.hexdigest()


def _check_directory(path: Path, file: BinaryIO, members: list[Member], at: int) -> None:
    if not members:
        raise InputError(path, "is not a bundle: it does not begin as a zip that wirewitness wrote")
    for number, wanted in enumerate(_directory(members, at)):
        found = file.read(len(wanted))
        if found != wanted:
            what = f"the entry of '{members[number].name}'" if number < len(members) else "the end"
            cut = "cut short" if len(found) < len(wanted) else "changed"
            raise InputError(path, f"{what} in the zip's directory was {cut}")
    if file.read(1):
        raise InputError(path, "goes on after its end: something was added")
