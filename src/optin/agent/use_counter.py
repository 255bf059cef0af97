"""The owner's use, counted on the phone and only there, from the moment the owner activated preferences.

The system's counters went before that moment and begin anew each week; what is counted here is only how much
they grew since the last look. What is kept are seconds by category and day, of the last seven days; no name
of an app. When the owner takes the agreement back, all of it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from optin.agent.android import UseReading
from optin.agent.switch import Switch
from optin.protocol.preference import CATEGORIES

if TYPE_CHECKING:
    from optin.agent.agent import Agent

EVERY = timedelta(hours=1)
"""How often the system is asked."""
_DAYS = 7
WEEK = timedelta(days=_DAYS)
"""A report is about a week; the first one waits until one was counted."""
NIGHT, LANGUAGES = "night_use", "several_languages"


class UseCounter:
    """Counts for one agent. ``read`` asks the device; it is not called while the owner has not agreed."""

    def __init__(self, agent: Agent, read: Callable[[], UseReading | None]) -> None:
        self._agent, self._read = agent, read
        self._failed: datetime | None = None
        """When the device last said nothing; it is not asked again at once."""

    def counts(self, now: datetime) -> Mapping[str, int] | None:
        """The registry's counts of the last seven days; None until seven days were counted."""
        found = self.so_far(now)
        state = self._agent.chest.use()
        if found is None or state is None or now - datetime.fromisoformat(state["from"]) < WEEK:
            return None
        return found

    def so_far(self, now: datetime) -> Mapping[str, int] | None:
        """What was counted of the last seven days; None when nothing is, or may be, counted."""
        standing, state = self._agent.gate.standing(Switch.PREFERENCES), self._agent.chest.use()
        if standing is None:
            if state is not None:  # written by a look that was under way when the owner took it back
                self._agent.chest.keep_use(None)
            return None
        if state is None or state["consent"] != standing.id:
            state = {
                "consent": standing.id,
                "from": now.isoformat(),
                "looked": "",
                "seen": {},
                "days": {},
                "languages": 0,
            }
        if not _is_recent(state["looked"], now):
            if self._failed is not None and timedelta(0) <= now - self._failed < EVERY:
                return None
            reading = self._read()
            if reading is None:
                self._failed = now
                return None
            state = _counted(state, reading, now)
            self._agent.chest.keep_use(state)
        return sum_counts(state)


def sum_counts(state: Mapping[str, Any]) -> Mapping[str, int]:
    """Minutes by category and at night, and the number of languages, of what was kept."""
    whole: dict[str, int] = {}
    for day in state["days"].values():
        for name, seconds in day.items():
            whole[name] = whole.get(name, 0) + seconds
    minutes = {name: seconds // 60 for name, seconds in whole.items()}
    return {**minutes, LANGUAGES: state["languages"]}


def _is_recent(looked: str, now: datetime) -> bool:
    # A clock that was set back is no reason to wait for it to catch up.
    return bool(looked) and timedelta(0) <= now - datetime.fromisoformat(looked) < EVERY


def _counted(state: Mapping[str, Any], reading: UseReading, now: datetime) -> dict[str, Any]:
    before, first = state["seen"], not state["looked"]
    categories = {name: reading.categories.get(name, 0) for name in CATEGORIES}
    seen = {**categories, **{f"{NIGHT} {night}": used for night, used in reading.nights.items()}}
    today = str(now.date())
    week = {str(now.date() - timedelta(days=back)) for back in range(_DAYS)}
    days = {day: dict(used) for day, used in state["days"].items() if day in week}
    grown = days.setdefault(today, {})
    for name, value in seen.items() if not first else ():
        last = before.get(name, 0)
        # A counter that shrank began anew.
        more = value - last if value >= last else (0 if name.startswith(NIGHT) else value)
        metric = NIGHT if name.startswith(NIGHT) else name
        grown[metric] = grown.get(metric, 0) + more
    # Nights that this look does not see any more are remembered for as long as a look can reach back.
    nights = sorted(item for item in {**before, **seen}.items() if item[0].startswith(NIGHT))[-_DAYS:]
    return {
        "consent": state["consent"],
        "from": state["from"],
        "looked": now.isoformat(),
        "seen": {**categories, **dict(nights)},
        "days": days,
        "languages": reading.languages,
    }
