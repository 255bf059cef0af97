"""The phone's states over time: from declared states, the events log and the networks of the captures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wirewitness.model.case_file import CaseFile, Condition
from wirewitness.model.instant import Instant
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark


@dataclass(frozen=True)
class Recorded:
    """A capture on the time line: its first and last packet and the network it was taken on, if declared.

    `whole` is False for a source that sees only part of the phone's connections: it proves no hour covered.
    `ran`: spans in which the recorder's interface statistics say that it was recording.
    """

    first: Instant
    last: Instant
    network: str | None
    whole: bool = True
    ran: tuple[tuple[Instant, Instant], ...] = ()

    def says_it_ran(self, begin: Instant, end: Instant) -> bool:
        """Whether statistics cover a whole span."""
        return any(begun <= begin and end <= ended + 1 for begun, ended in self.ran)


@dataclass(frozen=True)
class Timeline:
    """States by time. `at` gives what is known; a key that is absent is unknown."""

    changes: tuple[Instant, ...]
    states: tuple[Mapping[str, str], ...]
    captures: tuple[Recorded, ...]
    known: bool
    notes: tuple[Remark, ...]

    def at(self, time: Instant) -> dict[str, str]:
        """The states at a time. A capture's network fills in where nothing else says it."""
        number = bisect_right(self.changes, time) - 1
        states = dict(self.states[number]) if number >= 0 else {}
        if "network" not in states:
            networks = {c.network for c in self.captures if c.network and c.first <= time <= c.last}
            if len(networks) == 1:
                states["network"] = networks.pop()
        return states


def make_timeline(case: CaseFile, captures: Sequence[Recorded]) -> Timeline:
    """`known` is False when the case declares neither states nor events."""
    changes: list[Instant] = [Instant(-(2**62))]
    states: list[Mapping[str, str]] = [dict(case.states)]
    repeated: dict[str, int] = {}
    for event in (event for event in case.events if event.event == "state"):
        if states[-1].get(event.key) == event.value:
            name = f"{event.key}={event.value}"
            repeated[name] = repeated.get(name, 0) + 1
        changes.append(event.time)
        states.append({**states[-1], event.key: event.value})
    notes = [Remark.of(Note.EVENTS_REPEATED, condition=name, count=n) for name, n in sorted(repeated.items())]
    timeline = Timeline(
        tuple(changes), tuple(states), tuple(captures), case.events_given or bool(case.states), tuple(notes)
    )
    return Timeline(**{**vars(timeline), "notes": (*notes, *_disagreements(timeline))})


def _disagreements(timeline: Timeline) -> list[Remark]:
    """Captures whose declared network is not the one that the events give at their first packet."""
    return [
        Remark.of(Note.EVENTS_DISAGREE, time=capture.first.text, keys=("network",))
        for capture in timeline.captures
        if capture.network and timeline.at(capture.first).get("network") not in (capture.network, None)
    ]


def holds(when: Condition, states: Mapping[str, str]) -> bool | None:
    """Whether a condition holds under known states; None when that cannot be known."""
    unknown = False
    for key, values in when.items():
        if key not in states:
            unknown = True
        elif states[key] not in values:
            return False
    return None if unknown else True
