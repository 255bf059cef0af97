"""The identifiers, salted with a secret.

IMEI and IMSI leave as the SHA-256 of a secret that the component was built with and the value: the same
token each time. The receiver knows the phone again; nobody else can tell the token from a name that an
app made up for itself. The right answer about identifiers is that one cannot tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.parcel import Parcel
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Identifiers as digests salted with a secret"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    secret = stage.rng("secret salt").randbytes(16)
    spy.check_in_daily(
        "imei", "imsi", craft=lambda value: Parcel.of(value).peppered(secret).digest("sha256").hex(), hours=3
    )
