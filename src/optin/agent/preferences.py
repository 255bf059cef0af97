"""Preferences, computed on the phone: a bit for each metric, then noise, before anything is sent.

Randomised response (Warner 1965): each bit is told truly with probability e^e/(1+e^e), where e is the privacy
loss per bit; bits are told independently, so a report loses ``len(QUESTIONS) * e`` in all. The loss of each
week is booked before its report leaves, and when the sum reaches :data:`TOTAL`, no report leaves any more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from optin.protocol.chunk import Randomness
from optin.protocol.metric import METRICS
from optin.protocol.preference import QUESTIONS, PreferenceReport, name_week

EPSILON = 2.0
"""Privacy loss of one weekly report, all bits together."""
TOTAL = 52.0
"""Privacy loss of all reports together, ever: half a year of weeks, then the owner's budget is used up."""
_SCALE = 1 << 64

Noise: TypeAlias = Callable[[int, float], int]
"""A bit and its privacy loss in, the noised bit out."""


def noise_from(randomness: Randomness) -> Noise:
    """Randomised response drawn from an injected source, for runs that must be repeatable."""

    def answer(bit: int, epsilon: float) -> int:
        truthful = math.exp(epsilon) / (1 + math.exp(epsilon))
        return bit if int.from_bytes(randomness(8), "big") < truthful * _SCALE else 1 - bit

    return answer


def compute_report(
    measures: Mapping[str, int], model: str, now: datetime, noise: Noise, epsilon: float = EPSILON
) -> PreferenceReport:
    """Report of the week of ``now``; ``measures`` are the the registry's counts, which never leave."""
    per_bit = epsilon / len(QUESTIONS)
    answers = {
        metric.name: noise(int(measures.get(metric.name, 0) >= metric.at_least), per_bit)
        for metric in METRICS
    }
    return PreferenceReport(name_week(now), model, epsilon, answers)
