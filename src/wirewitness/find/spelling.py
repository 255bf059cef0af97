"""How each kind of fact may be written: the spellings that are searched for.

Percent-encoding, base64, hex, JSON escapes and compression are taken off by the core's unwrap tree before it
looks, so they are not spelt here; UTF-16 is, because it occurs inside binary bodies without any mark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

import phonenumbers

from wirewitness.find.places import GEOHASHES, geohash, parse_place, plus_code, written_places
from wirewitness.model.kind import DataKind

PIECE_CHARACTERS = 40
LEAST_DIGITS = 7


def spellings(kind: DataKind, value: str, region: str | None) -> tuple[str, ...]:
    """All spellings of a value, the given one first, once each."""
    rule = _BY_KIND.get(kind, _text)
    if kind in (DataKind.CONTACT, DataKind.CALL_LOG):
        rule = _email if "@" in value else _number
    found = _number(value, region) if rule is _number else rule(value)
    return tuple(dict.fromkeys(text for text in (value.strip(), *found) if text))


def pieces(value: str) -> tuple[str, ...]:
    """Three distinctive stretches of a long message: it may be sent cut, or inside another."""
    text = " ".join(value.split())
    if len(text) < 2 * PIECE_CHARACTERS:
        return ()
    last = len(text) - PIECE_CHARACTERS
    return tuple(dict.fromkeys(text[at : at + PIECE_CHARACTERS].strip() for at in (0, last // 2, last)))


def _digits(value: str) -> Iterable[str]:
    digits = re.sub(r"\D", "", value)
    yield digits
    yield "-".join(re.findall(r"\d{1,4}", digits))
    yield " ".join(re.findall(r"\d{1,4}", digits))


def _imei(value: str) -> Iterable[str]:
    digits = re.sub(r"\D", "", value)
    yield digits
    if len(digits) == 15:  # type code 8, serial number 6, check digit (3GPP TS 23.003 section 6.2.1)
        yield digits[:14]
        for separator in "- /.":
            yield separator.join((digits[:2], digits[2:8], digits[8:14], digits[14]))
            yield separator.join((digits[:8], digits[8:14], digits[14]))


def _hexadecimal(value: str) -> Iterable[str]:
    yield value.lower()
    yield value.upper()


def _uuid(value: str) -> Iterable[str]:
    plain = value.replace("-", "").strip("{}")
    forms = [plain]
    if len(plain) == 32:  # RFC 9562 section 4
        forms.append("-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:])))
    for form in forms:
        yield form.lower()
        yield form.upper()


def _mac(value: str) -> Iterable[str]:
    plain = re.sub(r"[^0-9A-Fa-f]", "", value)
    pairs = re.findall("..", plain)
    forms = [separator.join(pairs) for separator in (":", "-", "", ".", " ", "_")]
    if len(plain) == 12:
        forms += [separator.join(re.findall("....", plain)) for separator in (".", ":", "-")]
    for form in forms:
        yield form.lower()
        yield form.upper()


def _email(value: str) -> Iterable[str]:
    """In either case, and as advertising networks normalise it before they hash it: no dots, no suffix."""
    address = value.strip().lower()
    yield address
    yield address.upper()
    local, _, domain = address.rpartition("@")
    for name in (local.partition("+")[0], local.replace(".", ""), local.partition("+")[0].replace(".", "")):
        if name:
            yield f"{name}@{domain}"


def _name(value: str) -> Iterable[str]:
    words = value.split()
    orders = [words, words[::-1]] if len(words) == 2 else [words]
    for order in orders:
        for separator in (" ", "", "_", ".", ", "):
            joined = separator.join(order)
            yield from (joined, joined.lower(), joined.upper())


def _text(value: str) -> Iterable[str]:
    yield unicodedata.normalize("NFC", value)
    yield unicodedata.normalize("NFD", value)
    if "\n" in value:
        yield value.replace("\r\n", "\n")
        yield value.replace("\r\n", "\n").replace("\n", "\r\n")


def coordinates(value: str) -> tuple[str, ...]:
    """Latitude and longitude each by itself, as two parameters carry them: they count in context only."""
    place = parse_place(value)
    if place is None:
        return ()
    return tuple(dict.fromkeys(text for pair in written_places(place) for text in pair))


def _location(value: str) -> Iterable[str]:
    """Pairs of degrees in either order, geohashes, plus codes."""
    numbers = tuple(re.findall(r"-?\d+\.\d+", value))
    place = parse_place(value)
    pairs = [(numbers[0], numbers[1])] if len(numbers) == 2 else []
    if place is not None:
        pairs += written_places(place)
    for pair in pairs:
        for ordered in (pair, pair[::-1]):
            yield from (separator.join(ordered) for separator in (",", ", ", ";", " ", "|"))
    if place is not None:
        yield from (geohash(place, length) for length in GEOHASHES)
        code = plus_code(place)
        if code is not None:
            yield code


def _number(value: str, region: str | None = None) -> Iterable[str]:
    """A telephone number with and without international and national prefix (ITU-T E.164, libphonenumber)."""
    digits = re.sub(r"\D", "", value)
    if len(digits) >= LEAST_DIGITS:
        yield digits
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return
    shapes = phonenumbers.PhoneNumberFormat
    national = phonenumbers.national_significant_number(number)
    yield f"+{number.country_code}{national}"
    yield f"00{number.country_code}{national}"
    yield f"{number.country_code}{national}"
    if len(national) >= LEAST_DIGITS:
        yield national
        yield f"0{national}"
    for shape in (shapes.INTERNATIONAL, shapes.NATIONAL, shapes.RFC3966):
        written = phonenumbers.format_number(number, shape)
        yield from (written, written.replace(" ", "-"), re.sub(r"[^\d+]", "", written))


_BY_KIND: dict[DataKind, Callable[[str], Iterable[str]]] = {
    DataKind.IMEI: _imei,
    DataKind.IMSI: _digits,
    DataKind.ICCID: _digits,
    DataKind.SERIAL: _hexadecimal,
    DataKind.ANDROID_ID: _hexadecimal,
    DataKind.ADVERTISING: _uuid,
    DataKind.MAC: _mac,
    DataKind.BSSID: _mac,
    DataKind.PHONE_NUMBER: _number,
    DataKind.EMAIL: _email,
    DataKind.NAME: _name,
    DataKind.CLOUD_DEVICE: _hexadecimal,
    DataKind.ACCOUNT: _hexadecimal,
    DataKind.LOCATION: _location,
}
