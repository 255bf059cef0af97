"""The owner's call log.

Numbers here are in no address book, so that a number found tells which of the two went.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wirelab.owner.identifiers import make_number

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its number in E.164 form, when, how long (seconds), and which way."""

    index: int
    number: str
    time: datetime
    seconds: int
    outgoing: bool

    @property
    def fact(self) -> str:
        """The id of this call among the owner's facts."""
        return f"call:{self.index}"


def make_calls(rng: random.Random, count: int, until: datetime, taken: frozenset[str]) -> tuple[Call, ...]:
    """``count`` calls to or from numbers that are not in ``taken``."""
    numbers: list[str] = []
    while len(numbers) < count:
        number = make_number(rng)
        if number not in taken and number not in numbers:
            numbers.append(number)
    return tuple(
        Call(
            index,
            number,
            until - timedelta(minutes=rng.randrange(30, 60 * 24 * 20)),
            rng.randrange(4, 1800),
            rng.random() < 0.5,
        )
        for index, number in enumerate(numbers, start=1)
    )
