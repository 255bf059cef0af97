"""The owner's address book, written as vCard 3.0 (RFC 2426).

Names are put together, numbers reserved for fiction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wirelab.owner.identifiers import make_number

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Contact:
    """One entry of the address book. ``index`` counts from 1 in the order of the file."""

    index: int
    name: str
    number: str
    email: str

    @property
    def fact(self) -> str:
        """The id of this contact among the owner's facts."""
        return f"contact:{self.index}"


def make_contacts(rng: random.Random, count: int, not_this: str = "") -> tuple[Contact, ...]:
    """``count`` contacts with different names and numbers, none of them ``not_this`` (the owner's own)."""
    names = [f"{first} {last}" for first in _FIRST for last in _LAST]
    names += [last + first for last in _XING for first in _MING]
    rng.shuffle(names)
    numbers: set[str] = set()
    while len(numbers) < count:
        numbers |= {make_number(rng)} - {not_this}
    ordered = sorted(numbers)
    rng.shuffle(ordered)
    return tuple(
        Contact(index, name, number, f"box{rng.randrange(10**6, 10**7)}@letters.example")
        for index, (name, number) in enumerate(zip(names, ordered, strict=False), start=1)
    )


def render_contacts(contacts: tuple[Contact, ...]) -> str:
    """The address book as text with CRLF line ends."""
    return "".join(render_contact(contact) for contact in contacts)


def render_contact(contact: Contact) -> str:
    """One vCard."""
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"FN:{contact.name}",
        f"N:{contact.name};;;;",
        f"TEL;TYPE=CELL:{contact.number}",
        f"EMAIL;TYPE=INTERNET:{contact.email}",
        "END:VCARD",
    )
    return "".join(line + "\r\n" for line in lines)


_FIRST = ("Aurore", "Basile", "Cedric", "Delphine", "Edgar", "Fiona", "Gareth", "Hanae", "Ingrid", "Joachim")
_LAST = ("Abelard", "Bouvreuil", "Castagnet", "Dunmore", "Ellerby", "Falkenau", "Grandpre", "Holloway")
_XING = ("欧阳", "司徒", "上官", "诸葛")
_MING = ("若兰", "子墨", "晓峰", "雨桐")
