"""Contacts' numbers, and nothing else.

Whenever the owner writes a message, a few numbers of the address book are looked up at the vendor's, in
gzip'd JSON, to see who else has an account. No names, no identifiers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Only the numbers of contacts"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    for number in range(8):
        moment = stage.day(1, "04:25") + timedelta(hours=6 * number)
        stage.at(moment, lambda number=number: spy.look_up_contacts(3, number * 3))  # type: ignore[misc]
