"""The everyday life of the phone: all behaviours together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wirelab.behaviour.ads import show_ads
from wirelab.behaviour.browse import browse
from wirelab.behaviour.chat import chat
from wirelab.behaviour.day import live_by_day
from wirelab.behaviour.market import check_market
from wirelab.behaviour.stream import watch
from wirelab.behaviour.system import keep_system
from wirelab.behaviour.weather import show_weather

if TYPE_CHECKING:
    from wirelab.stage import Stage

BEHAVIOURS: tuple[Callable[[Stage], None], ...] = (
    live_by_day,
    keep_system,
    browse,
    chat,
    watch,
    show_weather,
    show_ads,
    check_market,
)


def everyday(stage: Stage) -> None:
    """Let the phone live from the first day to the last."""
    for behaviour in BEHAVIOURS:
        behaviour(stage)
