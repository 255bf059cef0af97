"""The author's guess.

Everything is as the vendor explained, but on the second day the owner turns the cloud backup on himself (and
forgets it): photos, messages and contacts go up on Wi-Fi in encrypted chunks, covered by the consent that he
gave. It ends when the built-in software is disabled.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.vendor.agent import BACKUP_SWITCHES
from wirelab.vendor.control_day import PLANTED_CONTACTS, PLANTED_MESSAGES, PLANTED_PHOTOS
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "The owner turned it on: a backup that somebody forgot"


def play(stage: Stage) -> None:
    """The whole course of events."""
    agent = tell_honestly(stage)
    owner = stage.owner
    items = (
        *owner.photos[:-PLANTED_PHOTOS],
        *owner.messages[:-PLANTED_MESSAGES][:24],
        *owner.contacts[:-PLANTED_CONTACTS][:12],
    )

    def backup_on() -> None:
        agent.agree(*BACKUP_SWITCHES)
        stage.state("backup", "on", "owner")

    stage.at(stage.day(2, "10:00"), backup_on)
    for number, item in enumerate(items):
        moment = stage.day(2, "10:05") + timedelta(minutes=7 * number)
        stage.at(moment, lambda item=item: agent.offer(item))  # type: ignore[misc]
