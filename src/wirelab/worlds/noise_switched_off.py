"""The noise is switched off.

The owner has activated preferences, but the report tells every bit truly, four times a day. No value of the
owner's is in it; that it is not noised can be seen only over many phones or many weeks, not in this
traffic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optin.agent.switch import Switch
from wirelab.misdeed.spy import Spy
from wirelab.vendor.agent import MODEL
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "Preferences without their noise"


def play(stage: Stage) -> None:
    """The whole course of events."""
    agent = tell_honestly(stage, preferences=False)
    spy = Spy(stage)
    stage.at(stage.day(2, "06:00"), lambda: agent.note_consent(Switch.PREFERENCES))
    stage.every(
        21_600,
        lambda: spy.report_preferences(MODEL),
        start=stage.day(2, "06:10"),
        until=stage.day(3, "08:00"),
        jitter_s=60,
        name="report",
    )
