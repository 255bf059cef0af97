"""Coverage by destination and condition: what was seen there, what was not, and which claims that blinds.

What a flow left unread cannot be placed in time: it counts under every condition that the flow touches, so
sums over the rows may exceed the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import groupby

from wirewitness.find.holes import GAP, Hole
from wirewitness.find.traffic import Traffic
from wirewitness.judge.evidence import Evidence
from wirewitness.judge.scope import Scope
from wirewitness.judge.situations import Situation
from wirewitness.model.case_file import Claim
from wirewitness.model.coverage import DestinationCoverage, HiddenRoom
from wirewitness.model.instant import hours
from wirewitness.model.result import Verdict
from wirewitness.model.verdict import Outcome

SIZES = (1_024, 102_400, 1_048_576, 10_485_760)
"""A short text, a small photo, a photo, a video: of each it is told where one could hide."""
MOST_ROWS = 2_000

_Condition = tuple[tuple[str, str], ...]


@dataclass
class _Row:
    """A row while it is being added up."""

    numbers: set[int] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    up: int = 0
    readable: int = 0
    opaque: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    gap: int = 0
    refused: int = 0


def coverage_table(
    claims: Sequence[Claim], verdicts: Sequence[Verdict], evidence: Evidence
) -> tuple[DestinationCoverage, ...]:
    """Rows by destination and condition, those that hide most first; at most 2,000."""
    conditions: dict[int, _Condition] = {
        s.number: tuple(sorted(s.states.items())) for s in evidence.situations
    }
    times = _hours(evidence.situations, conditions)
    scopes = [
        Scope(claim, evidence)
        for claim, verdict in zip(claims, verdicts, strict=True)
        if verdict.outcome is Outcome.CANNOT_TELL and claim.about != "state"
    ]
    rows = (
        _told(host, condition, row, times[condition], scopes)
        for host, sums in _sums(evidence, conditions)
        for condition, row in sums.items()
    )
    first = nsmallest(
        MOST_ROWS,
        rows,
        key=lambda one: (-one.hidden_bytes, -one.refused, one.destination, sorted(one.condition.items())),
    )
    return tuple(first)


def hidden_room(rows: Sequence[DestinationCoverage]) -> tuple[HiddenRoom, ...]:
    """For each size: at how many destinations an upload of it could have gone unseen, and the largest."""
    return tuple(
        HiddenRoom(size, len(names), tuple(names[:3]))
        for size in SIZES
        for names in [list(dict.fromkeys(one.destination for one in rows if one.hidden_bytes >= size))]
    )


def _sums(
    evidence: Evidence, conditions: Mapping[int, _Condition]
) -> Iterator[tuple[str, dict[_Condition, _Row]]]:
    """Destination by destination, for there may be tens of thousands."""

    def name(one: Traffic | Hole) -> str:
        return one.host or one.address

    everything: list[Traffic | Hole] = [*evidence.traffic, *(hole for hole in evidence.holes if hole.up)]
    everything.sort(key=name)
    for destination, together in groupby(everything, name):
        yield destination, _sums_of(together, conditions)


def _sums_of(
    together: Iterable[Traffic | Hole], conditions: Mapping[int, _Condition]
) -> dict[_Condition, _Row]:
    rows: dict[_Condition, _Row] = defaultdict(_Row)
    for one in together:
        if isinstance(one, Hole):
            _add_hole(rows, one, conditions)
            continue
        row = rows[conditions[one.situation]]
        row.numbers.add(one.situation)
        row.addresses.add(one.address)
        row.up += one.up
        row.readable += one.readable_up
        row.refused += sum(one.refused.values())
    return rows


def _add_hole(rows: dict[_Condition, _Row], hole: Hole, conditions: Mapping[int, _Condition]) -> None:
    for condition in {conditions[number] for number in hole.situations}:
        row = rows[condition]
        row.numbers |= {number for number in hole.situations if conditions[number] == condition}
        row.addresses.add(hole.address)
        if hole.reason == GAP:
            row.gap += hole.bytes
        else:
            row.opaque[hole.reason] += hole.bytes


def _hours(
    situations: Sequence[Situation], conditions: Mapping[int, _Condition]
) -> dict[_Condition, tuple[float, float]]:
    """Hours with capture and, in the period of any claim, without it; by condition."""
    sums: dict[_Condition, list[int]] = defaultdict(lambda: [0, 0])
    for one in situations:
        sums[conditions[one.number]][one.live == "none"] += (
            one.nanoseconds if one.live != "none" or one.claims else 0
        )
    return {condition: (hours(seen), hours(unseen)) for condition, (seen, unseen) in sums.items()}


def _told(
    destination: str,
    condition: _Condition,
    row: _Row,
    times: tuple[float, float],
    scopes: Sequence[Scope],
) -> DestinationCoverage:
    hidden = sum(row.opaque.values()) + row.gap
    blind = bool(hidden or row.refused or times[1])
    return DestinationCoverage(
        destination=destination,
        condition=dict(condition),
        hours=times[0],
        hours_missing=times[1],
        up_bytes=row.up,
        readable_up_bytes=row.readable,
        opaque=dict(sorted(row.opaque.items())),
        gap_bytes=row.gap,
        refused=row.refused,
        hidden_bytes=hidden,
        blinds=tuple(
            scope.claim.id
            for scope in scopes
            if blind and row.numbers & scope.numbers and scope.looks_at(destination, row.addresses)
        ),
    )
