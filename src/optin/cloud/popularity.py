"""Noised popularity and co-preference, drawn once a week from the sums of all phones' reports.

Each phone's bits were noised on the phone already. Upon the counts comes the cloud's own noise, so that the
catalogue, which every phone keeps, tells at most :data:`EPSILON` a week of one phone; whoever asks for the
statistics of a model learns what the phones' own noise allows. The noise is drawn once for each week
and kept, with its loss: asking again averages nothing out.

For bits told truly with probability p = q + g, the count of ones among n has the mean n (q + g A), and that
of two bits both one n (q q + q g (A + B) + g g J), where A and B are the shares and J the share of both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from optin.cloud.statistics import SMALLEST_COHORT
from optin.cloud.store import Store
from optin.cloud.week_sums import PAIRS, WeekSums
from optin.protocol.catalogue import MOST_LIFT, Catalogue, Figures, Recommendation
from optin.protocol.preference import CATEGORIES, QUESTIONS, name_week

EPSILON = 1.0
"""Loss of one week's figures, for one phone, against whoever reads the catalogue."""
MOST_FOR_ONE = 26.0
"""Loss of all weeks together that one phone can suffer: its own budget ends after 26 reports."""
SENSITIVITY = len(CATEGORIES) + len(PAIRS)
"""One report changes each count by at most one."""
_WIDEST = 0.25
"""A share with a wider margin than that is not told."""
_Z, _Z_PAIR = 1.959964, 3.124
"""Two-sided 95 %: of one share, and of all 28 pairs together (Bonferroni)."""

CountNoise = Callable[[list[int], int, float], list[int]]


def current_catalogue(
    store: Store, entries: tuple[Recommendation, ...], now: datetime, noise: CountNoise
) -> Catalogue:
    """The published entries with the newest week's figures, which are drawn when they are first asked for."""
    week = name_week(now - timedelta(weeks=1))
    found = store.figures(week) or _draw(store, week, noise) or store.figures()
    if found is None:
        return Catalogue(entries)
    shares = found.figures.shares if found.figures else {}
    weighed = tuple(
        replace(entry, popularity=round(entry.popularity * min(1.0, max(0.05, shares[entry.category][0])), 4))
        if entry.category in shares
        else entry
        for entry in entries
    )
    return replace(found, entries=weighed)


def _draw(store: Store, week: str, noise: CountNoise) -> Catalogue | None:
    sums = store.week_sums(week)
    if sums is None or sums.reports < SMALLEST_COHORT:
        return None
    noised = noise([*sums.ones.values(), *sums.both.values()], SENSITIVITY, EPSILON)
    ones = dict(zip(CATEGORIES, noised, strict=False))
    both = dict(zip(PAIRS, noised[len(CATEGORIES) :], strict=True))
    spent = min(MOST_FOR_ONE, store.figures_spent() + EPSILON)
    drawn = estimate_figures(replace(sums, ones=ones, both=both), week, spent)
    # Another process may have been first: then its draw is the one that counts, and this one is never told.
    return store.keep_figures(week, EPSILON, drawn)


def estimate_figures(sums: WeekSums, week: str, spent: float) -> Catalogue:
    """A catalogue without entries: shares, and the lift of pairs that are known to differ from chance."""
    truthful = 1 / (1 + math.exp(-sums.epsilon / len(QUESTIONS)))
    wrong, gain, n = 1 - truthful, 2 * truthful - 1, sums.reports
    own = 2 * (SENSITIVITY / EPSILON) ** 2 / n**2

    def spread(count: int) -> float:
        # Laplace's rule keeps the variance above zero where all answered alike.
        observed = min(max((count + 1) / (n + 2), 1 / (n + 2)), 1 - 1 / (n + 2))
        return observed * (1 - observed) / n + own

    share = {name: (sums.ones[name] / n - wrong) / gain for name in CATEGORIES}
    variance = {name: spread(sums.ones[name]) / gain**2 for name in CATEGORIES}
    told = {
        name: (round(share[name], 4), round(_Z * math.sqrt(variance[name]), 4))
        for name in CATEGORIES
        if _Z * math.sqrt(variance[name]) <= _WIDEST
    }
    together = {}
    for first, second in PAIRS:
        a, b = share[first], share[second]
        joint = (sums.both[first, second] / n - wrong**2 - wrong * gain * (a + b)) / gain**2
        # Errors are added as if they never cancelled, which errs to "not known". The first term bounds what
        # the phones' noise does to the share of both, the second what it does to the product of the shares.
        margin = _Z_PAIR * (
            truthful**2 / gain**2 / math.sqrt(n)
            + abs(b) * math.sqrt(variance[first])
            + abs(a) * math.sqrt(variance[second])
            + math.sqrt(own) * (1 / gain**2 + (2 * wrong / gain + abs(a) + abs(b)) / gain)
        )
        chance = a * b
        if first in told and second in told and min(a, b) > 0.01 and abs(joint - chance) > margin:
            together[first, second] = round(min(MOST_LIFT, max(1 / MOST_LIFT, joint / chance)), 4)
    return Catalogue((), together, Figures(week, n, EPSILON, spent, told))
