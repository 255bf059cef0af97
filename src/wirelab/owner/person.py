"""The owner: one value that holds everything private about the simulated phone and its user."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wirelab.owner.apps import make_apps
from wirelab.owner.calls import Call, make_calls
from wirelab.owner.contacts import Contact, make_contacts
from wirelab.owner.identifiers import Identifiers, make_identifiers
from wirelab.owner.messages import Message, make_messages
from wirelab.owner.photos import Photo, make_photos
from wirelab.owner.places import Place, make_places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """One private value that is neither photo, message nor contact (those are files of their own)."""

    id: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Everything private on one phone. The same seed gives the same owner."""

    identifiers: Identifiers
    photos: tuple[Photo, ...]
    messages: tuple[Message, ...]
    contacts: tuple[Contact, ...]
    calls: tuple[Call, ...]
    places: tuple[Place, ...]
    apps: tuple[str, ...]
    rare_apps: tuple[str, ...]

    def facts(self) -> Iterator[Fact]:
        """The facts that the owner file lists one by one."""
        ids = self.identifiers
        for name in _IDENTIFIER_NAMES:
            yield Fact(name, f"identifier.{name}", getattr(ids, name))
        yield Fact("ssid", "network.ssid", ids.ssid)
        yield Fact("bssid", "network.bssid", ids.bssid)
        for place in self.places:
            yield Fact(f"place:{place.label}", "location", place.text)
        for call in self.calls:
            yield Fact(call.fact, "call_log", call.number)
        for index, package in enumerate(self.rare_apps, start=1):
            yield Fact(f"app:{index}", "app_list", package)


_IDENTIFIER_NAMES = (
    "imei",
    "imsi",
    "iccid",
    "serial",
    "android_id",
    "advertising",
    "mac",
    "phone_number",
    "email",
    "name",
    "account",
    "cloud_device",
)


def make_owner(
    seed: int, until: datetime, *, mac: str = "", photos: int = 12, messages: int = 60, contacts: int = 40
) -> Owner:
    """The owner of a seed, whose photos and messages date from the weeks before ``until``.

    ``mac`` is the link-layer address under which the simulated phone speaks; without it one is drawn.
    """
    rng = random.Random(f"{seed}/owner")
    identifiers = make_identifiers(rng, mac)
    places = make_places(rng)
    people = make_contacts(rng, contacts, identifiers.phone_number)
    taken = frozenset(person.number for person in people) | {identifiers.phone_number}
    apps, rare = make_apps(rng)
    return Owner(
        identifiers,
        make_photos(random.Random(f"{seed}/photos"), photos, until),
        make_messages(rng, messages, until, people),
        people,
        make_calls(rng, 10, until, taken),
        places,
        apps,
        rare,
    )
