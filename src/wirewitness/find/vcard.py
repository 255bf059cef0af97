"""vCard 2.1 (versit 1996), 3.0 (RFC 2426) and 4.0 (RFC 6350): the numbers and addresses of each card."""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass
from pathlib import Path

from wirewitness.model.errors import InputError

MAX_BYTES = 64 << 20
_ESCAPE = re.compile(r"\\([\\,;:nN])")


@dataclass(frozen=True)
class Card:
    """One contact: numbers and e-mail addresses as written, in order, once each; `line` of its BEGIN."""

    numbers: tuple[str, ...]
    emails: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class _Line:
    number: int
    name: str
    parameters: str
    value: bytes


def read_vcards(path: Path) -> list[Card]:
    """All cards of a file, in file order; `InputError` when it is none or a card does not end."""
    if path.stat().st_size > MAX_BYTES:  # asked before a byte is read
        raise InputError(path, f"is larger than {MAX_BYTES >> 20} MiB, which no address book is")
    data = path.read_bytes()
    cards: list[Card] = []
    begun: int | None = None
    numbers: list[str] = []
    emails: list[str] = []
    for line in _unfold(data):
        if line.name == "BEGIN" and line.value.strip().upper() == b"VCARD":
            if begun is not None:
                raise InputError(path, "a card begins before the last one ended", line=line.number)
            begun, numbers, emails = line.number, [], []
        elif line.name == "END" and line.value.strip().upper() == b"VCARD" and begun is not None:
            cards.append(Card(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(emails)), begun))
            begun = None
        elif begun is not None and line.name == "TEL":
            numbers.extend(filter(None, [_text(line).removeprefix("tel:").split(";")[0].strip()]))
        elif begun is not None and line.name == "EMAIL":
            emails.extend(filter(None, [_text(line).removeprefix("mailto:").strip()]))
    if begun is not None:
        raise InputError(path, "this card has no END:VCARD", line=begun)
    if not cards:
        raise InputError(path, "holds no vCard (a card begins with BEGIN:VCARD)")
    return cards


def _unfold(data: bytes) -> list[_Line]:
    """Logical lines: folding (a leading blank) and quoted-printable soft breaks (a final `=`) are joined."""
    joined: list[tuple[int, bytes]] = []
    soft = False
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if joined and (soft or raw[:1] in (b" ", b"\t")):
            start, before = joined[-1]
            joined[-1] = (start, before[:-1] + raw.lstrip() if soft else before + raw[1:])
        else:
            joined.append((number, raw))
        whole = joined[-1][1]
        soft = whole.endswith(b"=") and b"QUOTED-PRINTABLE" in whole.partition(b":")[0].upper()
    return [line for number, raw in joined if (line := _split(number, raw))]


def _split(number: int, raw: bytes) -> _Line | None:
    head, colon, value = raw.partition(b":")
    if not colon:
        return None
    name, _, parameters = head.decode("utf-8", "replace").partition(";")
    return _Line(number, name.rsplit(".", 1)[-1].strip().upper(), parameters.upper(), value)


def _text(line: _Line) -> str:
    value = quopri.decodestring(line.value) if "QUOTED-PRINTABLE" in line.parameters else line.value
    charset = re.search(r"CHARSET=\"?([A-Z0-9_-]+)", line.parameters)
    try:
        text = value.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:  # a charset that Python does not know: numbers and addresses are ASCII anyway
        text = value.decode("utf-8", "replace")
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], text).strip()
