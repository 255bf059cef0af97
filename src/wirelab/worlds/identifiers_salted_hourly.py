"""The identifiers, salted with the hour.

IMEI and IMSI leave as the SHA-256 of the hour (``2014072113``) followed by the value: another token each
hour, and yet anybody who knows the hour and a list of values finds them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.parcel import Parcel
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Identifiers as digests salted with the hour"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)

    def craft(value: str) -> Parcel:
        return Parcel.of(value).salted(stage.now().strftime("%Y%m%d%H")).digest("sha256").hex()

    spy.check_in_daily("imei", "imsi", craft=craft, hours=3)
