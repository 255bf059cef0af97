"""The figures of one world: recall, false exposures, wrong destinations, rhythm errors, wrong verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from wirelab.score.paper import Exposure, Result, TrueDatum, Truth
from wirelab.truth.why import NAMED_BY, Why

_APART = timedelta(minutes=2)
"""Truth and result name the first byte of a message; a long upload may be dated by another of its packets."""
_RHYTHM_TOLERANCE = 0.1
_LISTED_ALIKE = 20
"""A result lists at least so many exposures of one fact to one host; what comes after them it only counts."""


@dataclass(frozen=True, slots=True)
class WrongVerdict:
    """An outcome that differs from the right one."""

    claim: str
    right: str
    given: str
    accusation: bool
    comfort: bool


@dataclass(frozen=True, slots=True)
class UnnamedWhy:
    """A verdict that rightly says that one cannot tell, and does not name one of the reasons for it."""

    claim: str
    why: Why


@dataclass
class Figures:
    """One world's figures.

    Counters are (found, expected) per kind and per number of encodings. ``whys`` are the true reasons of
    verdicts that rightly say that one cannot tell, ``unnamed`` those that the result does not name.
    """

    world: str
    seed: int
    sight: str
    found_by_kind: Counter[str] = field(default_factory=Counter)
    expected_by_kind: Counter[str] = field(default_factory=Counter)
    found_by_depth: Counter[int] = field(default_factory=Counter)
    expected_by_depth: Counter[int] = field(default_factory=Counter)
    missed: list[TrueDatum] = field(default_factory=list)
    false_exposures: list[Exposure] = field(default_factory=list)
    wrong_destinations: int = 0
    rhythms: int = 0
    rhythms_missed: int = 0
    rhythm_errors: list[float] = field(default_factory=list)
    verdicts: int = 0
    wrong: list[WrongVerdict] = field(default_factory=list)
    whys: int = 0
    unnamed: list[UnnamedWhy] = field(default_factory=list)

    @property
    def found(self) -> int:
        """Data found."""
        return sum(self.found_by_kind.values())

    @property
    def expected(self) -> int:
        """Data that a perfect witness finds."""
        return sum(self.expected_by_kind.values())

    @property
    def accusations(self) -> int:
        """False accusations: what the witness must never make."""
        return sum(wrong.accusation for wrong in self.wrong)

    @property
    def comforts(self) -> int:
        """False comforts: "nothing found" where there was something, or where nobody could know."""
        return sum(wrong.comfort for wrong in self.wrong)


def measure(truth: Truth, result: Result) -> Figures:
    """Hold a result against the truth."""
    figures = Figures(truth.world, truth.seed, truth.sight)
    _measure_data(figures, truth, result)
    _measure_rhythms(figures, truth, result)
    for verdict in truth.verdicts:
        given = result.outcomes.get(verdict.claim, "missing")
        figures.verdicts += 1
        if given == verdict.outcome:
            named = result.named.get(verdict.claim, frozenset())
            figures.whys += len(verdict.whys)
            figures.unnamed += [
                UnnamedWhy(verdict.claim, why) for why in verdict.whys if not named & NAMED_BY[why]
            ]
            continue
        # That a server is contacted accuses nobody; that something of the owner's went there does.
        accuses = given == "contradicted" or (given == "supported" and verdict.about == "exposure")
        comforts = given in ("not_observed", "withstood")
        figures.wrong.append(WrongVerdict(verdict.claim, verdict.outcome, given, accuses, comforts))
    return figures


def _measure_data(figures: Figures, truth: Truth, result: Result) -> None:
    by_flow: dict[str, list[Exposure]] = {}
    for exposure in result.exposures:
        by_flow.setdefault(exposure.flow, []).append(exposure)
    explained: set[int] = set()
    listed: Counter[tuple[str, str]] = Counter()
    for datum in truth.data:
        near = [
            e for flow in datum.flows for e in by_flow.get(flow, ()) if abs(e.time - datum.time) <= _APART
        ]
        hits = [e for e in near if _is_same(e, datum)]
        explained.update(id(hit) for hit in hits)
        if datum.fact is None or not datum.visible or datum.masked or datum.foreign:
            continue
        figures.expected_by_kind[datum.kind] += 1
        figures.expected_by_depth[datum.depth] += 1
        alike = (datum.fact, datum.host)
        if not hits and listed[alike] < _LISTED_ALIKE:
            figures.missed.append(datum)
            continue
        listed[alike] += 1
        figures.found_by_kind[datum.kind] += 1
        figures.found_by_depth[datum.depth] += 1
        if hits and not any(_is_place(hit, datum) for hit in hits):
            figures.wrong_destinations += 1
    # A lead (a field's name, the shape of an image) says of itself that it is no evidence.
    figures.false_exposures += [e for e in result.exposures if e.evidence and id(e) not in explained]


def _is_same(exposure: Exposure, datum: TrueDatum) -> bool:
    if exposure.masked != datum.masked:
        return False
    if exposure.source == "fact" and not datum.masked:
        return exposure.fact == datum.fact
    # A placeholder, a detector or an image by its shape names no fact: the kind must be right.
    return exposure.kind == datum.kind


def _measure_rhythms(figures: Figures, truth: Truth, result: Result) -> None:
    for rhythm in truth.rhythms:
        figures.rhythms += 1
        periods = [period for host, period in result.rhythms if _is_host(host, rhythm.host)]
        errors = [abs(period - rhythm.period_s) / rhythm.period_s for period in periods]
        best = min(errors, default=None)
        if best is None or best > _RHYTHM_TOLERANCE:
            figures.rhythms_missed += 1
        else:
            figures.rhythm_errors.append(best)


def _is_place(hit: Exposure, datum: TrueDatum) -> bool:
    """A host's name that holds the value itself is shown without it: `*.vendor.example`."""
    hidden = hit.host.startswith("*.") and datum.host.endswith(hit.host[1:])
    return hit.address == datum.address and (hidden or hit.host == datum.host)


def _is_host(named: str, host: str) -> bool:
    return named == host or host.endswith("." + named)


def total(all_figures: Iterable[Figures]) -> Figures:
    """The sum over worlds."""
    whole = Figures("all", 0, "")
    for figures in all_figures:
        whole.found_by_kind += figures.found_by_kind
        whole.expected_by_kind += figures.expected_by_kind
        whole.found_by_depth += figures.found_by_depth
        whole.expected_by_depth += figures.expected_by_depth
        whole.missed += figures.missed
        whole.false_exposures += figures.false_exposures
        whole.wrong_destinations += figures.wrong_destinations
        whole.rhythms += figures.rhythms
        whole.rhythms_missed += figures.rhythms_missed
        whole.rhythm_errors += figures.rhythm_errors
        whole.verdicts += figures.verdicts
        whole.wrong += figures.wrong
        whole.whys += figures.whys
        whole.unnamed += figures.unnamed
    return whole
