"""The honest course of events, on which most worlds build: what the vendor said is what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optin.agent.switch import Switch
from wirelab.behaviour.everyday import everyday
from wirelab.vendor.agent import PhoneAgent
from wirelab.vendor.cloud import API
from wirelab.vendor.control_day import control_day, remove_software

if TYPE_CHECKING:
    from wirelab.stage import Stage


def tell_honestly(stage: Stage, *, preferences: bool = True, refuses: str | None = None) -> PhoneAgent:
    """Everyday life, the control day, update checks each half hour, preferences from day 2, removal on day 3.

    ``preferences``: the agent's own report is sent once the owner has activated it. ``refuses``: the vendor's
    apps abort every intercepted handshake in that way.
    """
    everyday(stage)
    agent = control_day(stage, updates_stay=True, refuses=refuses)
    remove_software(stage, agent)
    stage.beat(API, "contact", 1800, 8, start=stage.day(0, "11:00"), until=stage.day(3, "08:00"))

    def preferences_on() -> None:
        if preferences:
            agent.agree(Switch.PREFERENCES)
        stage.state("preferences", "on", "owner")

    stage.at(stage.day(2, "06:00"), preferences_on)
    return agent
