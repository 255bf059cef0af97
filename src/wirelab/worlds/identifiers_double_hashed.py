"""The identifiers, hashed twice.

IMEI and telephone number leave as the hexadecimal SHA-256 of their hexadecimal MD5, which looks like no
digest of the value that anybody would try first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.parcel import Parcel
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Identifiers as digests of digests"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)
    spy.check_in_daily(
        "imei",
        "phone_number",
        craft=lambda value: Parcel.of(value).digest("md5").hex().digest("sha256").hex(),
    )
