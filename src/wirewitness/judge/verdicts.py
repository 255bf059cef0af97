"""The verdict engine: claims and evidence in, one verdict a claim out. Pure.

A claim goes to the rules of what it is about; they give an opinion; here it is written up. What is never
said: guilt, intent, law, or that anything is clean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wirewitness.judge.about_contact import judge_contact
from wirewitness.judge.about_exposure import judge_exposure
from wirewitness.judge.about_state import judge_state
from wirewitness.judge.evidence import Evidence
from wirewitness.judge.opinion import MOST_EVIDENCE, Opinion
from wirewitness.judge.quality import quality_of
from wirewitness.judge.scope import Scope
from wirewitness.model.case_file import Claim
from wirewitness.model.result import Excludes, Verdict
from wirewitness.model.verdict import Outcome

_RULES: Mapping[str, Callable[[Claim, Evidence], Opinion]] = {
    "exposure": judge_exposure,
    "answer": judge_exposure,
    "contact": judge_contact,
    "state": judge_state,
}


def judge_claims(claims: Sequence[Claim], evidence: Evidence) -> tuple[Verdict, ...]:
    """One verdict for each claim, in their order."""
    return tuple(judge_claim(claim, evidence) for claim in claims)


def judge_claim(claim: Claim, evidence: Evidence) -> Verdict:
    """The verdict on one claim."""
    opinion = _RULES[claim.about](claim, evidence)
    scope = Scope(claim, evidence)
    return Verdict(
        claim=claim.id,
        polarity=claim.polarity,
        text=claim.text,
        source=claim.source,
        quote=claim.quote,
        outcome=opinion.outcome,
        strength=opinion.strength,
        alternative=opinion.alternative,
        quality=quality_of(scope, opinion.outcome, opinion.shown),
        reasons=tuple(opinion.reasons),
        missing=tuple(opinion.missing),
        evidence=tuple(exposure.id for exposure in opinion.shown[:MOST_EVIDENCE]),
        excludes=_excludes(scope, opinion.outcome),
    )


def _excludes(scope: Scope, outcome: Outcome) -> Excludes | None:
    """What the silence excludes: an upload larger than all that stayed unread, at the controls' power."""
    claim = scope.claim
    if outcome not in (Outcome.NOT_OBSERVED, Outcome.WITHSTOOD) or claim.about not in ("exposure", "answer"):
        return None
    results = [scope.evidence.controls[name] for name in claim.controls]
    expected = sum(result.expected for result in results)
    found = sum(result.found for result in results)
    return Excludes(
        bytes=sum(scope.holes.values()), power=power_bound(found, expected), found=found, expected=expected
    )


def power_bound(found: int, expected: int) -> float:
    """Lower 95 % bound (Clopper-Pearson) of the share found when all `expected` were; 0 when one was not."""
    return round(0.05 ** (1 / expected), 3) if found == expected > 0 else 0.0
