"""IMEI, IMSI and telephone number in plain.

Everything is as the vendor explained, but every six hours a check-in carries IMEI, IMSI, serial number and
the telephone number, each under its own name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.misdeed.spy import Spy
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Identifiers in plain JSON"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    Spy(stage).check_in_daily("imei", "imsi", "serial", "phone_number")
