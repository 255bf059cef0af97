"""Which rows a page shows when there are too many, and the sums that stand above them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from wirewitness.model.coverage import ConditionCoverage
    from wirewitness.model.destination import Destination
    from wirewitness.model.exposure import Exposure

Row = TypeVar("Row")


@dataclass(frozen=True)
class Rows(Generic[Row]):
    """The rows shown, of how many."""

    shown: tuple[Row, ...]
    total: int

    @property
    def left_out(self) -> int:
        """How many rows are only in the tables."""
        return self.total - len(self.shown)


def cap(
    rows: Iterable[Row],
    limit: int,
    group: Callable[[Row], Hashable] = id,
    first: Callable[[Row], bool] | None = None,
) -> Rows[Row]:
    """At most `limit` of `rows` in their order: those wanted `first`, one of each group, then the rest."""
    every = tuple(rows)
    if len(every) <= limit:
        return Rows(every, len(every))
    seen: set[Hashable] = set()

    def rank(index: int) -> int:
        new = group(every[index]) not in seen
        seen.add(group(every[index]))
        return 0 if first and first(every[index]) else 1 if new else 2

    ranks = [rank(index) for index in range(len(every))]
    kept = sorted(sorted(range(len(every)), key=lambda index: ranks[index])[:limit])
    return Rows(tuple(every[index] for index in kept), len(every))


@dataclass(frozen=True)
class Group:
    """Exposures of one kind to one destination; `consent` counts them by status."""

    kind: str
    destination: str
    count: int
    consent: tuple[tuple[str, int], ...]


def group_exposures(exposures: Iterable[Exposure]) -> tuple[Group, ...]:
    """The exposures by kind and destination, in the order in which they first appear."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for exposure in exposures:
        key = exposure.kind, exposure.destination or exposure.address
        counts.setdefault(key, Counter())[exposure.consent.status] += 1
    return tuple(
        Group(kind, host, status.total(), tuple(sorted(status.items())))
        for (kind, host), status in counts.items()
    )


@dataclass(frozen=True)
class StateSum:
    """What was captured while one state held, whatever the others were."""

    key: str
    value: str
    hours: float
    up_bytes: int
    readable_up_bytes: int


def sum_states(conditions: Iterable[ConditionCoverage]) -> tuple[StateSum, ...]:
    """Hours and bytes by single state: the sums over every condition in which it held."""
    sums: dict[tuple[str, str], StateSum] = {}
    for row in conditions:
        for key, value in row.condition.items():
            old = sums.get((key, value), StateSum(key, value, 0.0, 0, 0))
            sums[key, value] = StateSum(
                key,
                value,
                old.hours + row.hours,
                old.up_bytes + row.up_bytes,
                old.readable_up_bytes + row.readable_up_bytes,
            )
    return tuple(sums[key] for key in sorted(sums))


@dataclass(frozen=True)
class CountrySum:
    """What went to addresses registered in one country; `width` is the bar's length of 192 units."""

    code: str | None
    up_bytes: int
    flows: int
    width: float


def sum_countries(destinations: Iterable[Destination]) -> tuple[CountrySum, ...]:
    """The bytes sent by registered country of the address, most first."""
    sent: Counter[str | None] = Counter()
    flows: Counter[str | None] = Counter()
    for destination in destinations:
        sent[destination.country] += destination.up_bytes
        flows[destination.country] += destination.flows
    most = max(sent.values(), default=0) or 1
    order = sorted(sent, key=lambda code: (-sent[code], code or "~"))
    return tuple(
        CountrySum(code, sent[code], flows[code], round(192 * sent[code] / most, 1)) for code in order
    )
