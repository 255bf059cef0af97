"""What verdicts rest on: gathered from the inputs and from what was found, for `judge`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from wirewitness.case_inputs import Inputs
from wirewitness.find.needles import SHORT_BYTES, Watch
from wirewitness.find.tables import Tables
from wirewitness.find.window_volumes import find_window_volumes
from wirewitness.judge.clocks import estimate_offset
from wirewitness.judge.evidence import Evidence, Place
from wirewitness.judge.situations import Situations
from wirewitness.judge.timeline import Timeline
from wirewitness.model.destination import Destination
from wirewitness.model.result import TrialResult


def gather_evidence(
    inputs: Inputs,
    watch: Watch,
    timeline: Timeline,
    situations: Situations,
    destinations: Sequence[Destination],
) -> Evidence:
    """Everything but the findings themselves."""
    facts = [fact for fact in inputs.owner.facts if fact.id in watch.searched]
    shapes = {rule.kind for rule in watch.needles.rules if rule.evidence}
    recorded = inputs.recorded
    place = cache(Place)  # many addresses of one network share one
    offset = estimate_offset(inputs.case, recorded)
    return Evidence(
        first=min((r.first for r in recorded), default=None),
        last=max((r.last for r in recorded), default=None),
        timeline=timeline,
        situations=situations.all,
        places={
            (d.host, d.address): place(d.country, d.country_date, d.network, d.organisation, d.apps)
            for d in destinations
        },
        planted={control.id: control for control in inputs.case.controls},
        events=inputs.case.events,
        events_given=inputs.case.events_given,
        searched=frozenset({fact.kind.value for fact in facts} | shapes),
        files=frozenset(fact.id for fact in facts if fact.file is not None),
        short=frozenset(
            f.id for f in facts if f.values and max(len(v.encode()) for v in f.values) < SHORT_BYTES
        ),
        unread_captures=inputs.unread,
        partial=tuple(sorted({i.kind for i in inputs.infos if i.source is not None and not i.whole})),
        filtered=tuple(sorted(info.path.name for info in inputs.infos if info.filtered)),
        dropped=sum(info.dropped or 0 for info in inputs.infos),
        modified_firmware=inputs.case.modified_firmware,
        clocks_differ_s=round(offset.least, 1) if offset is not None and offset.differs else 0.0,
    )


def hold_trials(
    inputs: Inputs, tables: Tables, evidence: Evidence, situations: Situations
) -> tuple[TrialResult, ...]:
    """What the registered trials show; numpy is loaded only where there are some."""
    trials = inputs.case.trials
    if trials is None:
        return ()
    from wirewitness.judge.about_trials import judge_trials  # noqa: PLC0415
    from wirewitness.judge.trial_series import Ground, spans_of  # noqa: PLC0415

    volumes = find_window_volumes(tables, spans_of(trials.plan))
    ground = Ground(evidence.timeline, situations.spans, evidence.places, volumes)
    return judge_trials(inputs.case.claims, trials, ground)
