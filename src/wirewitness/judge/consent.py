"""Consent: whether a record supplied to us covers an exposure: data, recipient, condition, time must fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wirewitness.judge.timeline import Timeline, holds
from wirewitness.model.case_file import Consent, host_matches
from wirewitness.model.exposure import ConsentStatus, Exposure


def place(exposure: Exposure, timeline: Timeline, consents: Sequence[Consent]) -> Exposure:
    """The exposure under its conditions, with its consent."""
    placed = replace(exposure, conditions=timeline.at(exposure.time))
    return replace(placed, consent=consent_of(placed, consents, known=timeline.known))


def consent_of(exposure: Exposure, consents: Sequence[Consent], *, known: bool) -> ConsentStatus:
    """Covered by the first record that fits.

    Unknown when a state that decides is not known, or when neither states nor events were declared
    (not `known`): then nobody wrote down what the owner did.
    """
    unsure: str | None = None
    for record in consents:
        if exposure.kind not in record.data or exposure.time not in record.period:
            continue
        if not host_matches(exposure.destination, record.hosts):
            continue
        fits = holds(record.when, exposure.conditions)
        if fits:
            return ConsentStatus("covered", record.id)
        if fits is None and unsure is None:
            unsure = record.id
    if unsure is not None or not known:
        return ConsentStatus("unknown", unsure)
    return ConsentStatus("uncovered", None)
