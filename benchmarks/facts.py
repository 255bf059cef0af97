"""The owner of the benchmark: 200 facts, of which a few are planted in the traffic."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

GIVEN = ("Ada", "Blaise", "Chen", "Dorothy", "Emmy", "Fatima", "Grace", "Hedy", "Ines", "Jocelyn")
FAMILY = (
    "Lovelace",
    "Pascal",
    "Jingrun",
    "Vaughan",
    "Noether",
    "Hashemi",
    "Hopper",
    "Lamarr",
    "Daubechies",
    "Bell",
)
WORDS = tuple(
    word
    for sentence in (
        "I will be late tonight please start without me",
        "the train stops again near the bridge and the battery is low",
        "can you send me the address of the doctor we met last week",
        "the key is under the blue pot call your mother",
    )
    for word in sentence.split()
)


@dataclass(frozen=True)
class Fact:
    """A private value of the owner, as `owner.toml` lists it."""

    id: str
    kind: str
    value: str


def luhn(digits: str) -> str:
    """`digits` with their check digit (ISO/IEC 7812-1, annex B)."""
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def owner(seed: int = 2014) -> list[Fact]:
    """The same 200 facts for the same seed."""
    chance = random.Random(seed)

    def digits(count: int) -> str:
        return "".join(chance.choice("0123456789") for _ in range(count))

    facts = [
        Fact("imei", "identifier.imei", luhn("86723402" + digits(6))),
        Fact("imsi", "identifier.imsi", "20801" + digits(10)),
        Fact("iccid", "identifier.iccid", luhn("893301" + digits(12))),
        Fact("serial", "identifier.serial", f"{chance.getrandbits(64):016X}"),
        Fact("android_id", "identifier.android_id", f"{chance.getrandbits(64):016x}"),
        Fact("mac", "identifier.mac", ":".join(f"{chance.getrandbits(8):02x}" for _ in range(6))),
        Fact("number", "identifier.phone_number", "+336" + digits(8)),
        Fact("email", "identifier.email", f"owner.{digits(4)}@example.org"),
        Fact("pin", "identifier.account", digits(9)),
        Fact("ssid", "network.ssid", f"Livebox-{digits(4)}"),
    ]
    for number in range(1, 111):
        name = f"{chance.choice(GIVEN).lower()}.{chance.choice(FAMILY).lower()}.{number}@example.net"
        facts.append(Fact(f"contact-{number}", "contact", "+336" + digits(8) if number % 3 else name))
    for number in range(1, 81):
        body = " ".join(chance.choices(WORDS, k=chance.randint(5, 25)))
        facts.append(Fact(f"sms-{number}", "sms.body", f"{body.capitalize()} ({digits(6)})."))
    return facts


def write_owner(path: Path, facts: list[Fact]) -> None:
    """Writes `owner.toml`."""
    lines = ['format = "wirewitness-owner/1"', ""]
    for fact in facts:
        lines += ["[[fact]]", f'id = "{fact.id}"', f'kind = "{fact.kind}"', f'value = "{fact.value}"', ""]
    path.write_text("\n".join(lines), encoding="utf-8")
