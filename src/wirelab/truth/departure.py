"""A departure.

One datum that left the phone, with the message that carried it and what held at that moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from wirelab.clock import nanoseconds
from wirelab.datum import SEALED, UNGUESSABLE, UNREADABLE, Datum, Mark
from wirelab.lab import Sent
from wirelab.sight import Sight

if TYPE_CHECKING:
    from wirelab.stage import Consented, Stage


@dataclass(frozen=True, slots=True)
class Departure:
    """``covered`` holds the ids of consent records that cover the datum."""

    sent: Sent
    datum: Datum
    conditions: Mapping[str, str]
    covered: tuple[str, ...]
    pinned: bool


def list_departures(stage: Stage) -> list[Departure]:
    """Everything that left, in order of time, apart from data that is nobody's (test images)."""
    return [
        departure
        for sent in sorted(stage.sent, key=lambda sent: sent.time_ns)
        if isinstance(sent.mark, Mark)
        for departure in _of(stage, sent, sent.mark)
    ]


def list_covering(
    consents: list[Consented], kind: str, host: str, time_ns: int, conditions: Mapping[str, str]
) -> tuple[str, ...]:
    """Ids of the records that cover a datum of that kind to that host, then and under those conditions."""
    return tuple(
        record.id
        for record in consents
        if any(kind == named or kind.startswith(named + ".") for named in record.data)
        and any(fnmatchcase(host, pattern) for pattern in record.hosts)
        and _within(time_ns, record.start, record.until)
        and all(conditions.get(key) == value for key, value in record.when)
    )


def can_read(sent: Sent, sight: Sight, *, pinned: bool, vendor: bool) -> bool:
    """Whether the bytes of a message are in the clear for that sight (encodings left aside)."""
    plain = sent.protocol == "dns" or (sent.request is not None and sent.request.scheme == "http")
    if not sent.captured:
        return False
    if plain:
        return True
    return not pinned and sight.keys != "none" and not (sight.keys == "partial" and vendor)


def can_see(departure: Departure, sight: Sight, *, vendor: bool) -> bool:
    """Whether a perfect witness finds the datum."""
    chain = departure.datum.chain
    if UNREADABLE in chain or UNGUESSABLE in chain or (SEALED in chain and not sight.audit_export):
        return False
    return can_read(departure.sent, sight, pinned=departure.pinned, vendor=vendor)


def _of(stage: Stage, sent: Sent, mark: Mark) -> Iterator[Departure]:
    conditions = stage.diary.at(sent.time_ns)
    for datum in mark.data:
        covered = list_covering(stage.consents, datum.kind, sent.host, sent.time_ns, conditions)
        yield Departure(sent, datum, conditions, covered, stage.is_pinned(sent))


def _within(time_ns: int, start: datetime, until: datetime | None) -> bool:
    return nanoseconds(start) <= time_ns and (until is None or time_ns < nanoseconds(until))
