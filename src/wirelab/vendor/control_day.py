"""The control day of every case: what a tester plants on day 0, so that later silence means something.

Backup is turned on and planted photos, messages and contacts go up; preferences are activated and the first
report goes; a diagnostic report carries the planted serial number; updates and recommendations are asked for
by hand. All of it by the tester, between 08:00 and 20:00, and switched off again before any claim's period
begins.
"""

from __future__ import annotations

from optin.agent.switch import Switch
from wirelab.owner.contacts import Contact
from wirelab.owner.messages import Message
from wirelab.owner.photos import Photo
from wirelab.stage import Stage
from wirelab.vendor.agent import BACKUP_SWITCHES, PhoneAgent
from wirelab.vendor.cloud import API, BACKUP, UPLOAD

PLANTED_PHOTOS, PLANTED_MESSAGES, PLANTED_CONTACTS = 2, 4, 3


def control_day(stage: Stage, *, updates_stay: bool, refuses: str | None = None) -> PhoneAgent:
    """Open the vendor's hosts, put optin's agent on the phone, and plan the control day.

    ``updates_stay``: the owner leaves the update check on afterwards (honest worlds). The last photos,
    messages and contacts of the owner are the planted ones; worlds should use others.
    """
    stage.vendor.open(API, BACKUP, UPLOAD, refuses=refuses)
    agent = PhoneAgent(stage)
    owner, tester = stage.owner, "tester"
    photos = owner.photos[-PLANTED_PHOTOS:]
    messages = owner.messages[-PLANTED_MESSAGES:]
    contacts = owner.contacts[-PLANTED_CONTACTS:]
    planted: tuple[Photo | Message | Contact, ...] = (*photos, *messages, *contacts)

    def backup_on() -> None:
        agent.agree(*BACKUP_SWITCHES)
        stage.state("backup", "on", tester)
        stage.diary.act("plant", "photos, messages and contacts", tester)
        for item in planted:
            agent.offer(item)

    def preferences_on() -> None:
        agent.agree(Switch.PREFERENCES)
        stage.state("preferences", "on", tester)

    def diagnostics_on() -> None:
        agent.agree(Switch.DIAGNOSTICS)
        stage.state("diagnostics", "on", tester)
        stage.diary.act("send diagnostic report", "", tester)
        agent.report_diagnostics()

    def diagnostics_off() -> None:
        agent.revoke(Switch.DIAGNOSTICS)
        stage.state("diagnostics", "off", tester)

    def ask() -> None:
        agent.agree(Switch.UPDATES)
        stage.diary.act("check for updates and open recommendations", "", tester)
        agent.ask_updates()

    def all_off() -> None:
        agent.revoke(*BACKUP_SWITCHES, Switch.PREFERENCES)
        stage.state("backup", "off", tester)
        stage.state("preferences", "off", tester)
        if not updates_stay:
            agent.revoke(Switch.UPDATES)

    stage.at(stage.day(0, "08:00"), backup_on)
    stage.at(stage.day(0, "09:00"), preferences_on)
    stage.at(stage.day(0, "10:00"), diagnostics_on)
    stage.at(stage.day(0, "10:30"), diagnostics_off)
    stage.at(stage.day(0, "11:00"), ask)
    stage.at(stage.day(0, "20:00"), all_off)

    stage.control(
        "K-photo", ("photo",), tuple(item.fact for item in photos), "planted photos go up with the backup"
    )
    stage.control(
        "K-sms",
        ("sms.body",),
        tuple(item.fact for item in messages),
        "planted messages go up with the backup",
    )
    stage.control(
        "K-contact",
        ("contact",),
        tuple(item.fact for item in contacts),
        "planted contacts go up with the backup",
    )
    stage.control(
        "K-identifier", ("identifier",), ("serial",), "the diagnostic report carries the serial number"
    )
    stage.control("K-preference", ("preference",), (), "the first report after preferences were activated")
    stage.control(
        "K-answer",
        ("software_update", "recommendation"),
        (),
        "updates and recommendations were asked for by hand",
    )
    return agent


def remove_software(stage: Stage, agent: PhoneAgent, day: int = 3) -> None:
    """The owner disables the built-in software at 08:00 of that day and uninstalls it at 14:00."""

    def disable() -> None:
        agent.remove()
        stage.state("backup", "off", "owner") if stage.diary.at(stage.lab.clock.now)[
            "backup"
        ] == "on" else None
        stage.state("software", "disabled", "owner")

    stage.at(stage.day(day, "08:00"), disable)
    stage.at(stage.day(day, "14:00"), lambda: stage.state("software", "uninstalled", "owner"))
