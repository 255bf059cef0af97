"""Claims about states: that a setting was made, perhaps by the owner. The events log tells, not traffic."""

from __future__ import annotations

from wirewitness.judge.evidence import Evidence
from wirewitness.judge.opinion import Opinion, found, not_found
from wirewitness.model.case_file import Claim, StateClaim
from wirewitness.model.errors import Bug
from wirewitness.model.reason import Alternative, Missing, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.verdict import Outcome, Strength


def judge_state(claim: Claim, evidence: Evidence) -> Opinion:
    """Shown by an entry of the log in the claim's period; without a log nothing can be said."""
    if claim.state is None:
        raise Bug(f"the claim {claim.id} is about a state and names none")
    state = claim.state
    entries = [
        event
        for event in evidence.events
        if event.event == "state"
        and (event.key, event.value) == (state.key, state.value)
        and event.time in claim.period
        and (state.by is None or event.note == state.by)
    ]
    if entries:
        return Opinion(
            found(claim),
            reasons=[
                Remark.of(
                    Reason.STATE_SHOWN, condition=_text(state), time=event.time.text, by=event.note or None
                )
                for event in entries[:3]
            ],
            strength=Strength.MODERATE,
            alternative=Remark.of(Alternative.LOG_WRONG),
        )
    if not evidence.events_given:
        return Opinion(
            Outcome.CANNOT_TELL,
            reasons=[Remark.of(Reason.NO_EVENTS)],
            missing=[Remark.of(Missing.SUPPLY_EVENTS, keys=(state.key,))],
        )
    return Opinion(
        not_found(claim), reasons=[Remark.of(Reason.STATE_NOT_SHOWN, condition=_text(state), by=state.by)]
    )


def _text(state: StateClaim) -> str:
    return f"{state.key}={state.value}"
