"""Positive controls: planted uploads that must be found for silence to mean anything."""

from __future__ import annotations

from collections.abc import Sequence

from wirewitness.model.case_file import Control, host_matches
from wirewitness.model.exposure import Exposure
from wirewitness.model.result import ControlResult


def judge_control(control: Control, found: Sequence[Exposure]) -> ControlResult:
    """Passed when each planted fact (none named: each entry of `data`) was seen in its time and place.

    `found` are exposures and answers alike; leads and masked values are none.
    """
    fitting = [
        exposure
        for exposure in found
        if exposure.evidence
        and not exposure.masked
        and exposure.time in control.period
        and host_matches(exposure.destination, control.hosts)
        and any(exposure.kind in entry for entry in control.data)
        and (not control.facts or exposure.fact in control.facts)
    ]
    if control.facts:
        expected = len(set(control.facts))
        seen = len({exposure.fact for exposure in fitting})
    else:
        expected = len(control.data)
        seen = sum(any(exposure.kind in entry for exposure in fitting) for entry in control.data)
    return ControlResult(
        id=control.id,
        passed=seen == expected,
        found=seen,
        expected=expected,
        hosts=tuple(sorted({exposure.destination for exposure in fitting})),
        exposures=tuple(exposure.id for exposure in fitting),
        note=control.note,
    )
