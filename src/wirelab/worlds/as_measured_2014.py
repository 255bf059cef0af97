"""What an independent lab measured that August.

Out of the box, with backup off and nothing agreed to, the phone contacts the vendor every half hour, sends
its IMEI, IMSI and number every two hours, the numbers of contacts when a message is written, and
preferences nobody activated; no photos, no text of messages. It ends when the software is disabled.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.behaviour.everyday import everyday
from wirelab.misdeed.spy import Spy
from wirelab.vendor.agent import MODEL
from wirelab.vendor.control_day import control_day, remove_software

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "As measured in 2014: identifiers and contacts' numbers leave by default"


def play(stage: Stage) -> None:
    """The whole course of events."""
    everyday(stage)
    agent = control_day(stage, updates_stay=False)
    remove_software(stage, agent)
    spy = Spy(stage)
    start, until = stage.day(1), stage.day(3, "08:00")
    spy.keep_contact(1800, 10, start, until)
    stage.every(
        7200,
        lambda: spy.check_in("imei", "imsi", "phone_number"),
        start=start,
        until=until,
        jitter_s=60,
        name="check in",
    )
    stage.every(43_200, lambda: spy.report_preferences(MODEL), start=stage.day(1, "03:10"), until=until)
    for number in range(5):
        moment = stage.day(1, "05:12") + timedelta(hours=9 * number)
        stage.at(moment, lambda number=number: spy.look_up_contacts(4, number * 4))  # type: ignore[misc]
