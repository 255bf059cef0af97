"""Consent: whether a record supplied to us covers an exposure: data, recipient, condition, time must fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from wirewitness.judge.timeline import Timeline, holds
from wirewitness.model.case_file import Consent, host_matches
from wirewitness.model.exposure import ConsentStatus, Exposure

Miss: TypeAlias = Literal["recipient", "time", "condition"]


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
    near: list[tuple[int, str, Miss]] = []
    for record in consents:
        if exposure.kind not in record.data:
            continue
        misses = _misses(exposure, record)
        fits = holds(record.when, exposure.conditions)
        if not misses and fits:
            return ConsentStatus("covered", record.id)
        if not misses and fits is None and unsure is None:
            unsure = record.id
        if misses:
            near.append((len(misses), record.id, misses[0]))
    if unsure is not None or not known:
        return ConsentStatus("unknown", unsure)
    if not near:
        return ConsentStatus("uncovered", None)
    _, name, miss = min(near)
    return ConsentStatus("uncovered", name, miss)


def _misses(exposure: Exposure, record: Consent) -> list[Miss]:
    """What of the exposure a record about its kind of data does not agree to; the unknown is no miss."""
    checks: list[tuple[bool, Miss]] = [
        (not host_matches(exposure.destination, record.hosts), "recipient"),
        (exposure.time not in record.period, "time"),
        (holds(record.when, exposure.conditions) is False, "condition"),
    ]
    return [miss for missed, miss in checks if missed]
