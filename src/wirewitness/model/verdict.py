"""A verdict's words: outcome, strength, polarity."""

from __future__ import annotations

from enum import StrEnum


class Polarity(StrEnum):
    """Whether a claim says that something happens or that it does not."""

    ASSERTS = "asserts"
    DENIES = "denies"


class Outcome(StrEnum):
    """What the evidence says of a claim (design section 4). Never guilt, intent or law."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_OBSERVED = "not_observed"
    WITHSTOOD = "withstood"
    CANNOT_TELL = "cannot_tell"
    NOT_TESTED = "not_tested"


class Strength(StrEnum):
    """Verbal bands of the ENFSI guideline for evaluative reporting (2015), weakest first.

    A band is given only to evidence that was found; absence has none.
    """

    WEAK = "weak"
    MODERATE = "moderate"
    MODERATELY_STRONG = "moderately_strong"
    STRONG = "strong"
    VERY_STRONG = "very_strong"
    EXTREMELY_STRONG = "extremely_strong"

    @property
    def rank(self) -> int:
        """0 for the weakest."""
        return list(Strength).index(self)
