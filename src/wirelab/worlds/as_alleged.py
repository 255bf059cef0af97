"""What the forum user said.

A system component contacts the vendor's server in mainland China every ten minutes, uploads photos and text
messages while on Wi-Fi with backup off, and goes on after the built-in software was disabled and uninstalled.
Until then it also sends identifiers, contacts' numbers and preferences by default, with nothing agreed to.
Its answers carry nothing of use.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.behaviour.everyday import everyday
from wirelab.misdeed.spy import Spy
from wirelab.vendor.agent import MODEL
from wirelab.vendor.control_day import PLANTED_MESSAGES, PLANTED_PHOTOS, control_day, remove_software

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "As alleged: photos and messages leave unasked, before and after removal"


def play(stage: Stage) -> None:
    """The whole course of events."""
    everyday(stage)
    agent = control_day(stage, updates_stay=False)
    remove_software(stage, agent)
    spy = Spy(stage)
    spy.take_what_is_new()
    spy.keep_contact(600, 5, stage.day(1), stage.end)
    stage.every(
        21_600, lambda: spy.report_preferences(MODEL), start=stage.day(1, "03:10"), until=stage.day(3)
    )
    spy.check_in_daily("imei", "imsi", "phone_number")
    for number in range(5):
        moment = stage.day(1, "05:12") + timedelta(hours=9 * number)
        stage.at(moment, lambda number=number: spy.look_up_contacts(4, number * 4))  # type: ignore[misc]

    photos = stage.owner.photos[:-PLANTED_PHOTOS]
    before, after = photos[:6], photos[6:]
    for number, photo in enumerate(before):
        moment = stage.day(1, "02:17") + timedelta(hours=8 * number)
        stage.at(moment, lambda photo=photo: spy.upload_photo(photo))  # type: ignore[misc]
    for number, photo in enumerate(after):
        moment = stage.day(3, "09:31") + timedelta(hours=3 * number)
        stage.at(moment, lambda photo=photo: spy.upload_photo(photo))  # type: ignore[misc]

    messages = stage.owner.messages[:-PLANTED_MESSAGES]
    for number in range(9):
        batch = messages[number * 3 : number * 3 + 3]
        moment = stage.day(1, "04:42") + timedelta(hours=7 * number)
        stage.at(moment, lambda batch=batch: spy.upload_messages(batch))  # type: ignore[misc]
