"""An opinion: what a rule says of a claim, before it is written up as a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from wirewitness.model.case_file import Claim
from wirewitness.model.exposure import Exposure
from wirewitness.model.remark import Remark
from wirewitness.model.verdict import Outcome, Polarity, Strength

MOST_EVIDENCE = 200


@dataclass
class Opinion:
    """Its reasons stand in the order in which the rules were asked."""

    outcome: Outcome
    reasons: list[Remark] = field(default_factory=list)
    missing: list[Remark] = field(default_factory=list)
    strength: Strength | None = None
    alternative: Remark | None = None
    shown: list[Exposure] = field(default_factory=list)


def found(claim: Claim) -> Outcome:
    """The outcome when what the claim speaks of was shown."""
    return Outcome.SUPPORTED if claim.polarity is Polarity.ASSERTS else Outcome.CONTRADICTED


def not_found(claim: Claim) -> Outcome:
    """The outcome when it was not, though nothing stood in the way."""
    return Outcome.NOT_OBSERVED if claim.polarity is Polarity.ASSERTS else Outcome.WITHSTOOD
