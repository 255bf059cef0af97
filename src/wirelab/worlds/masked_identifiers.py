"""The identifiers are masked.

Honest, and looks bad: a check-in has fields named for IMEI, link-layer address and advertising identifier,
but the system hands out placeholders in their place: zeros and ``02:00:00:00:00:00``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wirelab.datum import Datum
from wirelab.misdeed.spy import JSON, Spy
from wirelab.parcel import Parcel
from wirelab.vendor.cloud import API
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Placeholders where identifiers would be"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)
    spy = Spy(stage)

    def check_in() -> None:
        masks = {
            "imei": "000000000000000",
            "mac": "02:00:00:00:00:00",
            "advertising_id": "00000000-0000-0000-0000-000000000000",
        }
        kinds = ("identifier.imei", "identifier.mac", "identifier.advertising")
        body = json.dumps({"ev": "checkin", **masks}, separators=(",", ":")).encode()
        data = tuple(Datum(kind, None, ("json",), masked=True) for kind in kinds)
        spy.post(API, "/stat/checkin", (JSON,), Parcel(body), data)

    stage.every(
        21_600, check_in, start=stage.day(1, "01:20"), until=stage.day(3, "08:00"), jitter_s=99, name="masked"
    )
