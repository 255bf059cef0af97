"""Preferences, computed on the phone: a bit for each category, then noise, before anything is sent.

Randomised response (Warner 1965): each bit is told truly with probability e^e/(1+e^e), where e is the privacy
loss per bit; bits are told independently, so a report loses ``len(CATEGORIES) * e`` in all.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optin.protocol.preference import CATEGORIES, PreferenceReport, name_week

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from optin.protocol.chunk import Randomness

EPSILON = 2.0
"""Privacy loss of one weekly report, all bits together."""
_INTERESTED_MINUTES = 60
"""An hour of use in a week counts as interest."""
_SCALE = 1 << 64


def compute_report(
    minutes: Mapping[str, int], model: str, now: datetime, randomness: Randomness, epsilon: float = EPSILON
) -> PreferenceReport:
    """Report of the week of ``now``; ``minutes`` is the use per category, which itself never leaves."""
    per_bit = epsilon / len(CATEGORIES)
    truthful = math.exp(per_bit) / (1 + math.exp(per_bit))
    answers = {}
    for category in CATEGORIES:
        bit = int(minutes.get(category, 0) >= _INTERESTED_MINUTES)
        told_truly = int.from_bytes(randomness(8), "big") < truthful * _SCALE
        answers[category] = bit if told_truly else 1 - bit
    return PreferenceReport(name_week(now), model, epsilon, answers)
