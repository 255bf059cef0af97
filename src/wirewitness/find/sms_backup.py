"""The XML of *SMS Backup & Restore*: `<smses><sms body=""/>...<mms><parts><part ct="text/plain" text=""/>`.

Read as a stream, with bounds, and with no document type or entity of its own: neither is ever in such a file,
and both are ways to make a small file large. The program writes characters beyond U+FFFF as two numbered
halves (`&#55357;&#56832;`), which is not XML; they are joined first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from wirewitness.model.errors import InputError

MAX_BYTES = 1 << 30
MAX_MESSAGES = 200_000
_PIECE = 1 << 20
_HALVES = re.compile(rb"&#(5[56]\d{3});&#(5[67]\d{3});")
_LONGEST_PAIR = 16


@dataclass
class _Found:
    sms: list[str] = field(default_factory=list)
    mms: list[str] = field(default_factory=list)
    root: str = ""
    in_mms: bool = False


def read_sms_backup(path: Path) -> tuple[list[str], list[str]]:
    """The bodies of all SMS and the texts of all MMS, in file order (empty ones stay: numbers hold)."""
    if path.stat().st_size > MAX_BYTES:
        raise InputError(path, f"is larger than {MAX_BYTES >> 30} GiB; export fewer messages")
    found = _Found()
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, given: _start(path, parser, found, name, given)
    parser.EndElementHandler = lambda name: _end(found, name)
    parser.StartDoctypeDeclHandler = lambda *_: _refuse(path, parser)
    parser.EntityDeclHandler = lambda *_: _refuse(path, parser)
    try:
        _feed(parser, path)
    except expat.ExpatError as error:
        text = f"is not well-formed XML: {expat.errors.messages[error.code]}"
        raise InputError(path, text, line=error.lineno) from None
    if found.root != "smses":
        raise InputError(
            path, f"is not of SMS Backup & Restore: its root is <{found.root}>, not <smses>", line=1
        )
    return found.sms, found.mms


def _feed(parser: expat.XMLParserType, path: Path) -> None:
    with path.open("rb") as file:
        rest = b""
        while piece := file.read(_PIECE):
            whole = _HALVES.sub(_join, rest + piece)
            # a pair that begins this near the end may not be whole yet: it waits for the next piece
            cut = whole.find(b"&", max(0, len(whole) - _LONGEST_PAIR))
            cut = cut if cut >= 0 else len(whole)
            parser.Parse(whole[:cut], False)
            rest = whole[cut:]
        parser.Parse(_HALVES.sub(_join, rest), True)


def _join(pair: re.Match[bytes]) -> bytes:
    high, low = int(pair[1]), int(pair[2])
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return pair[0]
    return b"&#%d;" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _start(path: Path, parser: expat.XMLParserType, found: _Found, name: str, given: dict[str, str]) -> None:
    found.root = found.root or name
    if name == "sms":
        found.sms.append(given.get("body", ""))
    elif name == "mms":
        found.in_mms = True
    elif name == "part" and found.in_mms and given.get("ct", "").lower() == "text/plain":
        text = given.get("text", "")
        found.mms.append("" if text == "null" else text)
    if len(found.sms) + len(found.mms) > MAX_MESSAGES:
        text = f"holds more than {MAX_MESSAGES} messages; export fewer"
        raise InputError(path, text, line=parser.CurrentLineNumber)


def _end(found: _Found, name: str) -> None:
    if name == "mms":
        found.in_mms = False


def _refuse(path: Path, parser: expat.XMLParserType) -> None:
    text = "declares a document type or an entity, which a message backup never does"
    raise InputError(path, text, line=parser.CurrentLineNumber)
