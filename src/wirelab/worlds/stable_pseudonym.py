"""A stable pseudonym rides on the anonymous report.

The owner has activated preferences; the noised report is right, but with it goes an "installation id" that
is the number under which the vendor's cloud knows this phone, the same each time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from optin.agent.preferences import compute_report, noise_from
from optin.agent.switch import Switch
from wirelab.datum import Datum
from wirelab.misdeed.spy import JSON, Spy
from wirelab.parcel import Parcel
from wirelab.vendor.agent import MODEL
from wirelab.vendor.cloud import API
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "An anonymous report with a name tag"


def play(stage: Stage) -> None:
    """The whole course of events."""
    agent = tell_honestly(stage, preferences=False)
    spy = Spy(stage)

    def report() -> None:
        minutes = {"news": 95, "music": 240}
        noised = compute_report(minutes, MODEL, stage.now(), noise_from(stage.rng("pseudonym").randbytes))
        document = {**json.loads(noised.encode()), "installation": stage.owner.identifiers.cloud_device}
        data = (
            Datum("preference", None, ("json",)),
            Datum("identifier.cloud_device", "cloud_device", ("json",)),
        )
        spy.post(API, "/stat/prefs", (JSON,), Parcel(json.dumps(document).encode()), data)

    stage.at(stage.day(2, "06:00"), lambda: agent.note_consent(Switch.PREFERENCES))
    stage.every(
        14_400, report, start=stage.day(2, "06:10"), until=stage.day(3, "08:00"), jitter_s=60, name="report"
    )
