"""The upload queue is drained after the consent was revoked.

The owner turns the backup on and, four hours later, off again. The software stops taking new photos, but
what waited in its queue still goes up, sealed as before, under a consent that has ended.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.misdeed.leaky_queue import LeakyQueue
from wirelab.vendor.agent import BACKUP_SWITCHES
from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "The owner revoked, the queue went on"


def play(stage: Stage) -> None:
    """The whole course of events."""
    agent = tell_honestly(stage)
    photos = stage.owner.photos[:8]
    queue = LeakyQueue(stage, agent)

    def backup_on() -> None:
        agent.agree(*BACKUP_SWITCHES)
        stage.state("backup", "on", "owner")
        for photo in photos[:3]:
            agent.offer(photo)

    def backup_off() -> None:
        queue.remember_consent()
        agent.revoke(*BACKUP_SWITCHES)
        stage.state("backup", "off", "owner")

    stage.at(stage.day(1, "06:00"), backup_on)
    stage.at(stage.day(1, "10:00"), backup_off)
    for number, photo in enumerate(photos[3:]):
        moment = stage.day(1, "10:30") + timedelta(minutes=50 * number)
        stage.at(moment, lambda photo=photo: queue.drain(photo))  # type: ignore[misc]
