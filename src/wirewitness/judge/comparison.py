"""What changed between two audits: verdicts, exposures, destinations, what left where nothing was read.

A difference between two spans of time is a description. Days differ for many reasons, and nobody drew them:
the p-value says only how rare such a difference is when the days of both are mixed (by whole days).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb
from random import Random

from wirewitness.model.result import Result

LEAST_P = 0.05
MOST_EXACT = 20_000
SHUFFLES = 9_999


@dataclass(frozen=True)
class ChangedVerdict:
    """A claim whose outcome differs; None where one of the two has no such claim."""

    claim: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ChangedExposure:
    """How often a kind was found going to a destination."""

    kind: str
    destination: str
    before: int
    after: int


@dataclass(frozen=True)
class ChangedVolume:
    """Bytes up a day. `p` is None where the days are too few for any p of 0.05; it is Holm's over all."""

    destination: str
    before_a_day: float
    after_a_day: float
    days_before: int
    days_after: int
    p: float | None


@dataclass(frozen=True)
class Comparison:
    """The whole; what did not change is left out."""

    verdicts: tuple[ChangedVerdict, ...]
    exposures: tuple[ChangedExposure, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    volumes: tuple[ChangedVolume, ...]


def compare_audits(
    before: Result,
    after: Result,
    bytes_before: Mapping[str, Mapping[int, int]],
    bytes_after: Mapping[str, Mapping[int, int]],
) -> Comparison:
    """`bytes_*`: bytes up by destination and day."""
    hosts = [{d.host or d.address for d in result.destinations} for result in (before, after)]
    return Comparison(
        verdicts=tuple(_verdicts(before, after)),
        exposures=tuple(_exposures(before, after)),
        only_before=tuple(sorted(hosts[0] - hosts[1])),
        only_after=tuple(sorted(hosts[1] - hosts[0])),
        volumes=tuple(_volumes(bytes_before, bytes_after)),
    )


def _verdicts(before: Result, after: Result) -> list[ChangedVerdict]:
    one = {verdict.claim: verdict.outcome.value for verdict in before.verdicts}
    other = {verdict.claim: verdict.outcome.value for verdict in after.verdicts}
    return [
        ChangedVerdict(claim, one.get(claim), other.get(claim))
        for claim in dict.fromkeys([*one, *other])
        if one.get(claim) != other.get(claim)
    ]


def _exposures(before: Result, after: Result) -> list[ChangedExposure]:
    one, other = (
        Counter((e.kind, e.destination or e.address) for e in result.exposures if not e.masked)
        for result in (before, after)
    )
    return [
        ChangedExposure(kind, destination, one[kind, destination], other[kind, destination])
        for kind, destination in sorted(one | other)
        if one[kind, destination] != other[kind, destination]
    ]


def _volumes(
    before: Mapping[str, Mapping[int, int]], after: Mapping[str, Mapping[int, int]]
) -> list[ChangedVolume]:
    """Destinations of both, by days on which anything at all was recorded, the most changed first."""
    days = [sorted({day for row in side.values() for day in row}) for side in (before, after)]
    if not all(days):
        return []
    found = []
    for destination in sorted(set(before) | set(after)):
        one = [before.get(destination, {}).get(day, 0) for day in days[0]]
        other = [after.get(destination, {}).get(day, 0) for day in days[1]]
        found.append((destination, one, other, permuted_p(one, other)))
    corrected = _holm([p for *_, p in found])
    rows = [
        ChangedVolume(name, sum(one) / len(one), sum(other) / len(other), len(one), len(other), p)
        for (name, one, other, _), p in zip(found, corrected, strict=True)
    ]
    changed = [row for row in rows if row.before_a_day != row.after_a_day]
    return sorted(changed, key=lambda row: (-abs(row.after_a_day - row.before_a_day), row.destination))


def permuted_p(one: Sequence[int], other: Sequence[int]) -> float | None:
    """How rare a difference of mean ranks as large is among all ways to mix the days; None when too few."""
    ways = comb(len(one) + len(other), len(one))
    if 2 / ways > LEAST_P:
        return None
    ranks = _ranks([*one, *other])
    count, mean = len(one), sum(ranks) / len(ranks)
    observed = abs(sum(ranks[:count]) / count - mean)
    if ways <= MOST_EXACT:
        draws = list(combinations(range(len(ranks)), count))
        hits = sum(abs(sum(ranks[n] for n in draw) / count - mean) >= observed - 1e-9 for draw in draws)
        return hits / ways
    rng = Random(count)  # noqa: S311 - the same shuffles every time
    draws = list(islice((tuple(rng.sample(range(len(ranks)), count)) for _ in range(SHUFFLES)), SHUFFLES))
    hits = sum(abs(sum(ranks[n] for n in draw) / count - mean) >= observed - 1e-9 for draw in draws)
    return (1 + hits) / (1 + SHUFFLES)


def _ranks(values: Sequence[int]) -> list[float]:
    """Ranks with ties in the middle."""
    ordered = sorted(values)
    return [(ordered.index(v) + len(ordered) - 1 - ordered[::-1].index(v)) / 2 for v in values]


def _holm(ps: Sequence[float | None]) -> list[float | None]:
    """Each p after Holm (1979) over those that there are."""
    known = sorted((p, place) for place, p in enumerate(ps) if p is not None)
    corrected: list[float | None] = list(ps)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        corrected[place] = round(largest, 6)
    return corrected
