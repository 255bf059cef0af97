"""What a message carries, said by whoever sends it.

The truth file is made of these and of nothing guessed later.
"""

from __future__ import annotations

from dataclasses import dataclass

UNREADABLE = "own_encryption"
"""A step that nobody but the receiver can undo."""
SEALED = "optin_chunk"
"""A step that the owner's audit export undoes."""
UNGUESSABLE = "secret_salt"
"""A step that makes of a value, with what follows, a token that only the receiver knows again."""


@dataclass(frozen=True, slots=True)
class Datum:
    """One private value, or personal data of a kind, inside one message.

    ``fact`` is its id in the owner file, None for data that is no listed value (a device profile, noised
    preferences). ``chain`` are the encodings from the outermost inwards, ``where`` the part of the message.
    ``masked``: a placeholder stands in its place. ``foreign``: it is not the owner's (a test image), so that
    it is no exposure of the owner.
    """

    kind: str
    fact: str | None = None
    chain: tuple[str, ...] = ()
    where: str = "body"
    masked: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything to know about one message: what goes up, what comes back, and under which consent record."""

    data: tuple[Datum, ...] = ()
    answers: tuple[str, ...] = ()
    consent: str | None = None
