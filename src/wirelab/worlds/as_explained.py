"""What the vendor said.

The phone asks every half hour for software updates and recommendations, and gets them; the owner activates
preferences on the second day, and from then on one noised report a day goes up. Backup stays off. After the
built-in software was disabled and uninstalled nothing goes to the vendor at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optin.agent.switch import Switch
from wirelab.behaviour.everyday import everyday
from wirelab.vendor.agent import PhoneAgent
from wirelab.vendor.cloud import API
from wirelab.vendor.control_day import control_day, remove_software

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "As explained: update checks and noised preferences, nothing else"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)


def tell_honestly(stage: Stage) -> PhoneAgent:
    """The honest course of events, on which other worlds build."""
    everyday(stage)
    agent = control_day(stage, updates_stay=True)
    remove_software(stage, agent)
    stage.beat(API, "contact", 1800, 300, start=stage.day(0, "11:00"), until=stage.day(3, "08:00"))

    def preferences_on() -> None:
        agent.agree(Switch.PREFERENCES)
        stage.state("preferences", "on", "owner")

    stage.at(stage.day(2, "06:00"), preferences_on)
    return agent
