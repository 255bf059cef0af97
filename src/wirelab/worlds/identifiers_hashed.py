"""The identifiers, hashed.

As in the world with plain identifiers, but IMEI and IMSI leave as hexadecimal SHA-256, the Android id in
the next check-in as MD5. A digest of a value of few digits is no protection: whoever has a list finds it
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.parcel import Parcel
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Identifiers as digests"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    spy.check_in_daily("imei", "imsi", craft=lambda value: Parcel.of(value).digest("sha256").hex())
    spy.check_in_daily("android_id", craft=lambda value: Parcel.of(value).digest("md5").hex(), hours=8)
