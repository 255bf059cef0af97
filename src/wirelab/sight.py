"""What the witness is given to see: the same course of events, more or less of it readable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sight:
    """One visibility. ``keys``: "all", "partial" (none of the first party's hosts) or "none"."""

    name: str
    keys: str = "all"
    audit_export: bool = True
    events: bool = True
    trials: bool = False


SIGHTS = {
    sight.name: sight
    for sight in (
        Sight("keys"),
        Sight("no_audit_export", audit_export=False),
        Sight("no_events", events=False),
        Sight("partial", keys="partial"),
        Sight("none", keys="none"),
        Sight("none_with_trials", keys="none", trials=True),
    )
}
PLAYABLE = tuple(SIGHTS)
"""What ``wirelab play --sight`` offers."""
