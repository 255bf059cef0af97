"""How strong what was found is, and what other explanation it was weighed against.

Bands of the ENFSI guideline (2015) by the likelihood ratio of identification: how much likelier these bytes
are if the fact left than if chance wrote them. A file's digest or a long text (64 random bits and more)
leaves chance no room; an identifier of 44 bits and more leaves it little; a short value counts under its name
only, as does a hash of 32 bits; of a short number chance may make as many in as much traffic; the documented
shape of a message has no value of the owner's in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from wirewitness.find.chance import MARKED_FROM
from wirewitness.find.digests import WEAK
from wirewitness.judge.evidence import Evidence
from wirewitness.model.exposure import Exposure
from wirewitness.model.reason import Alternative
from wirewitness.model.remark import Remark
from wirewitness.model.verdict import Strength

_LOOKS = frozenset({"picture", "picture_part"})
"""A photo known by its looks: another picture of the same scene may look alike."""
_LONG = frozenset({"photo", "video", "sms.body"})


def strength_of(shown: Sequence[Exposure], evidence: Evidence) -> Strength:
    """The strongest of the findings: one counter-example or one instance is enough."""
    return max((_band(exposure, evidence) for exposure in shown), key=lambda band: band.rank)


def alternative_of(shown: Sequence[Exposure], evidence: Evidence) -> Remark:
    """What else could explain the strongest finding."""
    band = strength_of(shown, evidence)
    if band is Strength.MODERATELY_STRONG:
        return Remark.of(Alternative.SAME_SHAPE)
    return Remark.of(Alternative.CHANCE if band is Strength.MODERATE else Alternative.OTHER_APP)


def _band(exposure: Exposure, evidence: Evidence) -> Strength:
    if exposure.fact is None:
        return Strength.MODERATELY_STRONG
    if exposure.fact in evidence.short or exposure.digest in WEAK or exposure.chance >= MARKED_FROM:
        return Strength.MODERATE
    if exposure.digest in _LOOKS:
        return Strength.VERY_STRONG
    if exposure.fact in evidence.files or exposure.kind in _LONG:
        return Strength.EXTREMELY_STRONG
    return Strength.VERY_STRONG
