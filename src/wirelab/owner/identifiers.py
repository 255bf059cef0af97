"""Identifiers of one phone, with valid check digits, from ranges that no real device or person has.

IMEI: a test allocation code and the Luhn digit (3GPP TS 23.003 annex B). IMSI: test network 001-01 (ITU-T
E.212). ICCID: Luhn digit (ITU-T E.118). Link-layer address: documentation range of RFC 7042. Telephone
numbers: those that regulators reserve for fiction (France 06 39 98, United Kingdom 07700 900, United States
555-01).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

TEST_ALLOCATION = "00499901"


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Everything that names this phone or its owner, as text in its usual form."""

    imei: str
    imsi: str
    iccid: str
    serial: str
    android_id: str
    advertising: str
    mac: str
    phone_number: str
    email: str
    name: str
    account: str
    cloud_device: str
    ssid: str
    bssid: str


def luhn_digit(digits: str) -> str:
    """The check digit that makes ``digits`` + digit pass the Luhn test (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def make_identifiers(rng: random.Random, mac: str = "") -> Identifiers:
    """Draw one phone's identifiers; ``mac`` when the phone has its link-layer address already."""
    imei = TEST_ALLOCATION + _digits(rng, 6)
    iccid = "899990" + _digits(rng, 13)
    first, last = rng.choice(_FIRST_NAMES), rng.choice(_LAST_NAMES)
    return Identifiers(
        imei=imei + luhn_digit(imei),
        imsi="00101" + _digits(rng, 10),
        iccid=iccid + luhn_digit(iccid),
        serial="".join(rng.choice("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(12)),
        android_id=f"{rng.getrandbits(64):016x}",
        advertising=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        mac=mac or f"00:00:5e:00:53:{rng.randrange(0x10, 0x80):02x}",
        phone_number=make_number(rng),
        email=f"{first}.{last}{rng.randrange(10, 99)}@post.example".lower(),
        name=f"{first} {last}",
        account=str(rng.randrange(10**9, 10**10)),
        cloud_device=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        ssid=f"{rng.choice(_PLACES)}-{rng.randrange(1000, 9999)}",
        bssid=f"00:00:5e:00:53:{rng.randrange(0x80, 0xF0):02x}",
    )


def make_number(rng: random.Random) -> str:
    """A telephone number in E.164 form from the ranges reserved for fiction."""
    return rng.choice(
        (
            f"+3363998{_digits(rng, 4)}",
            f"+447700900{_digits(rng, 3)}",
            f"+1{rng.choice(('202', '305', '415', '503', '614', '713'))}55501{_digits(rng, 2)}",
        )
    )


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


_FIRST_NAMES = ("Maelle", "Yannis", "Oriane", "Thibault", "Jiayin", "Wenbo", "Marisol", "Gwendal", "Xiaolan")
_LAST_NAMES = (
    "Kerambrun",
    "Ostrander",
    "Fauvelle",
    "Lindqvist",
    "Tianlu",
    "Brackenby",
    "Valcourt",
    "Zhenyuan",
)
_PLACES = ("Tilleul", "Harbour", "Bamboo", "Atelier", "Lantern", "Orchard")
