"""Whether a finding is what a claim speaks of: each question answered yes, no or unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wirewitness.judge.evidence import Evidence, Place
from wirewitness.judge.timeline import holds
from wirewitness.model.case_file import Claim, host_matches
from wirewitness.model.exposure import Exposure

QUESTIONS = ("host", "period", "condition", "country", "consent")


@dataclass(frozen=True)
class Matches:
    """Findings of a claim's kinds, sorted.

    `shown` fit in all; `unclear` by the first question that has no answer; `outside` by the first question
    answered no; `masked`, `leads` and `strangers` (images that are not the
    owner's) fit but are no evidence.
    """

    shown: list[Exposure] = field(default_factory=list)
    unclear: dict[str, list[Exposure]] = field(default_factory=dict)
    outside: dict[str, list[Exposure]] = field(default_factory=dict)
    masked: list[Exposure] = field(default_factory=list)
    leads: list[Exposure] = field(default_factory=list)
    strangers: list[Exposure] = field(default_factory=list)


def match(claim: Claim, found: Sequence[Exposure], evidence: Evidence) -> Matches:
    """Sorts the findings of a claim's kinds by whether they fit it."""
    matches = Matches()
    for exposure in found:
        if exposure.kind not in claim.kinds:
            continue
        answers = answer(claim, exposure, evidence)
        no = [question for question in QUESTIONS if answers[question] is False]
        unknown = [question for question in QUESTIONS if answers[question] is None]
        if no:
            if exposure.evidence and not exposure.masked:
                matches.outside.setdefault(no[0], []).append(exposure)
        elif exposure.masked:
            matches.masked.append(exposure)
        elif exposure.source == "stranger":
            matches.strangers.append(exposure)
        elif not exposure.evidence:
            matches.leads.append(exposure)
        elif unknown:
            matches.unclear.setdefault(unknown[0], []).append(exposure)
        else:
            matches.shown.append(exposure)
    return matches


def answer(claim: Claim, exposure: Exposure, evidence: Evidence) -> dict[str, bool | None]:
    """Each question of `QUESTIONS`: True, False, or None where it cannot be known."""
    named = exposure.destination != ""
    host: bool | None = host_matches(exposure.destination, claim.hosts)
    consent = {"uncovered": True, "covered": False, "unknown": None}[exposure.consent.status]
    return {
        "host": host if named or host else None,
        "period": exposure.time in claim.period,
        "condition": holds(claim.when, exposure.conditions),
        "country": in_countries(claim, place_of(evidence, exposure.destination, exposure.address)),
        "consent": consent if claim.uncovered_only else True,
    }


def in_countries(claim: Claim, place: Place) -> bool | None:
    """Whether an address is registered in one of a claim's countries; None where the country is not known."""
    if not claim.countries:
        return True
    return None if place.country is None else place.country in claim.countries


def place_of(evidence: Evidence, host: str, address: str) -> Place:
    """What is known of an address (and of the host there)."""
    return evidence.places.get((host, address), Place())
