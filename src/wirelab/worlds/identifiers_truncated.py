"""The identifiers, hashed and cut.

IMEI, serial number and link-layer address leave as the first sixteen characters of the base64url form of
their SHA-1, a form that real kits have used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.parcel import Parcel
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Identifiers as shortened digests"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    spy.check_in_daily(
        "imei", "serial", "mac", craft=lambda value: Parcel.of(value).digest("sha1").base64url(16)
    )
