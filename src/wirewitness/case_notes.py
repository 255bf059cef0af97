"""What a reader of the whole result must know: about the inputs, the traffic of others, clocks and trials."""

from __future__ import annotations

from wirewitness.case_inputs import Inputs
from wirewitness.find.flows import PhoneFlows
from wirewitness.find.lookups import AddressBook
from wirewitness.judge.clocks import clock_notes
from wirewitness.model.coverage import OtherDevices
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark


def general_notes(
    inputs: Inputs, book: AddressBook, others: OtherDevices, seen: PhoneFlows, *, phone_seen: bool
) -> list[Remark]:
    """Those of trials, clocks, inputs and traffic, in this order."""
    clocks = clock_notes(inputs.case, inputs.recorded)
    return [*_of_trials(inputs), *clocks, *_of_inputs(inputs, book, others, seen, phone_seen=phone_seen)]


def _of_inputs(
    inputs: Inputs, book: AddressBook, others: OtherDevices, seen: PhoneFlows, *, phone_seen: bool
) -> list[Remark]:
    declared = bool(inputs.case.device.addresses or inputs.case.device.macs)
    checks: list[tuple[bool, Remark]] = [
        (not inputs.case_given, Remark.of(Note.NO_CASE)),
        (not inputs.owner_given, Remark.of(Note.NO_OWNER)),
        (inputs.case_given and not inputs.case.events_given, Remark.of(Note.NO_EVENTS)),
        (
            phone_seen and not declared and bool(inputs.phone.addresses),
            Remark.of(Note.PHONE_GUESSED, addresses=inputs.phone.addresses),
        ),
        (not phone_seen, Remark.of(Note.PHONE_UNKNOWN)),
        (others.flows > 0, Remark.of(Note.OTHER_DEVICES, count=others.flows, bytes=others.bytes)),
        (not book.has_country, Remark.of(Note.COUNTRY_DATABASE_ABSENT)),
        (not book.has_network, Remark.of(Note.NETWORK_DATABASE_ABSENT)),
        (
            inputs.case.audit_export is not None,
            Remark.of(
                Note.AUDIT_EXPORT,
                chunks=len(inputs.export.chunk_keys),
                consents=len(inputs.export.consents),
            ),
        ),
        (seen.again > 0, Remark.of(Note.SAME_FLOW_TWICE, count=seen.again)),
    ]
    lacking = [
        Remark.of(Note.SOURCE_LACKS, capture=info.path.name, source=info.kind, lacks=tuple(info.lacks))
        for info in inputs.infos
        if info.lacks
    ]
    alone = [
        Remark.of(
            Note.ONE_VANTAGE_ONLY,
            capture=inputs.infos[one.capture].path.name,
            count=one.flows,
            bytes=one.up_bytes,
        )
        for one in seen.alone
    ]
    return [*(remark for applies, remark in checks if applies), *lacking, *alone]


def _of_trials(inputs: Inputs) -> list[Remark]:
    """By which plan trials were judged, or why not."""
    trials = inputs.case.trials
    if trials is None:
        return []
    series = tuple(one.id for one in trials.plan.series)
    notes = [Remark.of(Note.TRIALS_PLAN, sha256=trials.sha256, series=series)]
    if trials.changed:
        notes = [Remark.of(Note.TRIALS_CHANGED, sha256=trials.sha256)]
    elif not trials.opened:
        notes = [Remark.of(Note.TRIALS_SEALED, sha256=trials.sha256)]
    return notes
