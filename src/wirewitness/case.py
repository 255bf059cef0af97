"""The audit: captures, keys, an owner and a case file in; an audited case folder out. Readable top to bottom.

prescan -> decode -> find -> judge -> write. Each stage is a function below it; nothing here reads a clock,
the network or randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wirewitness import __version__
from wirewitness.case_folder import new_folder, write_inputs, write_result
from wirewitness.case_inputs import Given, Inputs, read_inputs
from wirewitness.find.anomalies import find_anomalies
from wirewitness.find.contacts import find_contacts
from wirewitness.find.coverage import find_coverage
from wirewitness.find.destinations import find_destinations
from wirewitness.find.exposures import Found, find_exposures
from wirewitness.find.flows import PhoneFlows, find_phone_flows
from wirewitness.find.holes import find_holes
from wirewitness.find.liveness import find_silences
from wirewitness.find.lookups import AddressBook
from wirewitness.find.needles import SHORT_BYTES, Watch, watch_for
from wirewitness.find.private_hosts import hide_hosts_in_files, hide_private_hosts
from wirewitness.find.rhythm import find_rhythm
from wirewitness.find.tables import Tables
from wirewitness.find.traffic import Traffic, find_traffic, put_slices
from wirewitness.find.window_volumes import find_window_volumes
from wirewitness.judge.clocks import clock_notes, estimate_offset
from wirewitness.judge.consent import place
from wirewitness.judge.controls import judge_control
from wirewitness.judge.evidence import Evidence, Place
from wirewitness.judge.second_run import OtherRun, join_runs
from wirewitness.judge.situations import Situations, condition_coverage, make_situations
from wirewitness.judge.timeline import Timeline, make_timeline
from wirewitness.judge.verdicts import judge_claims
from wirewitness.kept_inputs import keep_inputs
from wirewitness.model.decoding import SCHEMA_VERSION, Decoder, DecodeRequest, Progress
from wirewitness.model.destination import Destination
from wirewitness.model.errors import InputError
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark
from wirewitness.model.result import (
    AuditedCapture,
    AuditedDevice,
    Result,
    StateChange,
    TrialResult,
    Validation,
    Versions,
)
from wirewitness.model.rhythm import Rhythm

WORLDS = 39
"""Generated worlds that stand behind the method; scored by `make score` (docs/method/score.md)."""

MAKERS_PART = len("aa:bb:cc")
"""Of a link-layer address, only what names its maker is told: the whole is a private value."""


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """The progress of those who do not look."""


def audit(
    captures: Sequence[Path] = (),
    output: Path = Path("audit"),
    *,
    keys: Sequence[Path] = (),
    owner: Path | None = None,
    case: Path | None = None,
    phone: Sequence[str] = (),
    force: bool = False,
    progress: Progress = no_progress,
    decoder: Decoder | None = None,
    evidence: bool = True,
    also: Sequence[Path] = (),
    finish: Callable[[Path], object] | None = None,
) -> Result:
    """Audits captures and writes the case folder `output` (result.json, inputs.json, tables/*.parquet).

    `evidence` keeps the bytes around the findings, too (`evidence/`). `finish` adds to the folder (the
    report) before it gets its name, so that it appears whole or not at all.

    `also` are folders or results of independent audits that are judged together with this one.

    What is given here is added to what the case file names. Raises `InputError`, `ArgumentError` or `Bug`,
    each with one sentence; then nothing is left of `output`.
    """
    with_bytes = evidence and decoder is None
    decoder = decoder or _core()
    with new_folder(output, force=force) as folder:
        given = Given(tuple(captures), tuple(keys), owner, case, tuple(phone), tuple(also))
        inputs = read_inputs(given, decoder, progress)
        watch = watch_for(inputs.owner)
        decoder.decode_captures(_request(inputs, watch), folder / "tables", progress)
        with AddressBook() as book, Tables(folder / "tables", folder / "spill") as tables:
            result = examine(inputs, watch, tables, book, progress)
            result = join_runs(result, inputs.case.claims, _other_runs(inputs, also))
            hide_hosts_in_files(tables, folder / "tables")
        write_result(folder, result)
        write_inputs(folder, output, keep_inputs(given, inputs))
        if with_bytes:
            _keep_evidence(folder, result, inputs, progress)
        if finish is not None:
            finish(folder)
    return result


def examine(inputs: Inputs, watch: Watch, tables: Tables, book: AddressBook, progress: Progress) -> Result:
    """From tables to the result: finds, then judges."""
    progress("find", 0, 0)
    flows = find_phone_flows(tables)
    hide_private_hosts(tables, watch)
    timeline = make_timeline(inputs.case, inputs.recorded)
    situations = make_situations(inputs.case, timeline, inputs.recorded, find_silences(tables))
    put_slices(tables, situations.slices)
    traffic = find_traffic(tables)
    holes = find_holes(tables)
    found = _placed(find_exposures(tables, watch, [i.sha256 for i in inputs.infos], book), inputs, timeline)
    destinations = find_destinations(
        tables, book, inputs.case.device.vendor, inputs.case.device.vendor_domains
    )
    contacts = find_contacts(tables)
    conditions = condition_coverage(situations, _up_by_situation(traffic))
    coverage = find_coverage(tables, situations.spans, conditions)

    progress("judge", 0, 0)
    controls = {
        control.id: judge_control(control, [*found.exposures, *found.answers])
        for control in inputs.case.controls
    }
    evidence = replace(
        _evidence(inputs, watch, timeline, situations, destinations),
        traffic=traffic,
        holes=holes,
        exposures=found.exposures,
        answers=found.answers,
        contacts=contacts,
        controls=controls,
    )
    evidence = replace(evidence, trials=_trials(inputs, tables, evidence, situations))
    clocks = clock_notes(inputs.case, inputs.recorded)
    general = _notes(inputs, book, coverage_flows(tables), flows)
    notes = (
        *inputs.notes,
        *watch.notes,
        *timeline.notes,
        *found.notes,
        *_trial_notes(inputs),
        *clocks,
        *general,
    )
    return Result(
        format="wirewitness-result/1",
        title=inputs.case.title,
        device=_device(inputs),
        captures=_captures(inputs),
        phone=inputs.phone,
        coverage=coverage,
        destinations=tuple(destinations),
        exposures=found.exposures,
        answers=found.answers,
        rhythms=tuple(r for c in contacts if (r := _rhythm(c.host, c.series)) is not None),
        events=tuple(StateChange(e.time, e.event, e.key, e.value, e.note) for e in inputs.case.events),
        controls=tuple(controls.values()),
        trials=tuple(evidence.trials),
        verdicts=judge_claims(inputs.case.claims, evidence),
        anomalies=tuple(find_anomalies(tables, [i.sha256 for i in inputs.infos])),
        notes=notes,
        versions=Versions(__version__, SCHEMA_VERSION, book.databases),
        validation=Validation(WORLDS, 0),
    )


def _other_runs(inputs: Inputs, also: Sequence[Path]) -> list[OtherRun]:
    """The results of other audits that the case or the caller names."""
    runs = []
    for path in (*inputs.case.also, *also):
        file = path / "result.json" if path.is_dir() else path
        try:
            with file.open(encoding="utf-8") as text:
                runs.append(OtherRun(file.resolve().parent.name, Result.read(text, file)))
        except OSError as error:
            raise InputError(path, f"cannot be read as the result of an audit: {error}") from None
    return runs


def _trials(
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


def _trial_notes(inputs: Inputs) -> list[Remark]:
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


def _keep_evidence(folder: Path, result: Result, inputs: Inputs, progress: Progress) -> None:
    from wirewitness.evidence import Origins, keep_evidence  # noqa: PLC0415 - it needs the core

    origins = Origins(
        {info.sha256: info.path for info in inputs.infos},
        [*(_read(path) for path in inputs.keys), inputs.export.keylog],
        inputs.export.chunk_keys,
    )
    keep_evidence(folder, result, origins, progress)


def _core() -> Decoder:
    """The Rust core's decoder; imported late, so that what needs no captures does not need it either."""
    from wirewitness import decode  # noqa: PLC0415

    return decode


def _request(inputs: Inputs, watch: Watch) -> DecodeRequest:
    return DecodeRequest(
        captures=inputs.infos,
        keylogs=(*(_read(path) for path in inputs.keys), inputs.export.keylog),
        phone_addresses=inputs.phone.addresses,
        phone_macs=inputs.phone_macs,
        needles=watch.needles,
        chunk_keys=inputs.export.chunk_keys,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None


def _placed(found: Found, inputs: Inputs, timeline: Timeline) -> Found:
    """Each finding under its conditions, with its consent."""
    consents = (*inputs.case.consents, *inputs.export.consents)
    return Found(
        tuple(place(exposure, timeline, consents) for exposure in found.exposures),
        tuple(place(answer, timeline, consents) for answer in found.answers),
        found.notes,
    )


def _up_by_situation(traffic: Sequence[Traffic]) -> dict[int, tuple[int, int]]:
    sums: dict[int, tuple[int, int]] = {}
    for one in traffic:
        up, readable = sums.get(one.situation, (0, 0))
        sums[one.situation] = (up + one.up, readable + one.readable_up)
    return sums


def _evidence(
    inputs: Inputs,
    watch: Watch,
    timeline: Timeline,
    situations: Situations,
    destinations: Sequence[Destination],
) -> Evidence:
    """What verdicts rest on beside the findings themselves."""
    facts = [fact for fact in inputs.owner.facts if fact.id in watch.searched]
    shapes = {rule.kind for rule in watch.needles.rules if rule.evidence}
    recorded = inputs.recorded
    offset = estimate_offset(inputs.case, recorded)
    return Evidence(
        first=min((r.first for r in recorded), default=None),
        last=max((r.last for r in recorded), default=None),
        timeline=timeline,
        situations=situations.all,
        places={
            (d.host, d.address): Place(d.country, d.country_date, d.network, d.organisation)
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
        partial=tuple(sorted({info.kind for info in inputs.infos if not info.whole})),
        dropped=sum(info.dropped or 0 for info in inputs.infos),
        modified_firmware=inputs.case.modified_firmware,
        clocks_differ_s=round(offset.least, 1) if offset is not None and offset.differs else 0.0,
    )


def _rhythm(host: str, series: Sequence[Sequence[int]]) -> Rhythm | None:
    """The clearest of a host's first series: all contacts, new flows alone."""
    rhythms = [rhythm for times in series[:2] if (rhythm := find_rhythm(host, times)) is not None]
    return min(rhythms, key=lambda rhythm: (rhythm.p, rhythm.period_s), default=None)


def _device(inputs: Inputs) -> AuditedDevice:
    device = inputs.case.device
    return AuditedDevice(
        vendor=device.vendor,
        model=device.model,
        build=device.build,
        addresses=inputs.phone.addresses,
        macs=tuple(mac[:MAKERS_PART] for mac in inputs.phone_macs),
        chosen_by=inputs.phone.how,
    )


def _captures(inputs: Inputs) -> tuple[AuditedCapture, ...]:
    """`keys`: whether TLS secrets were given with it, inside it, or for all captures."""
    for_all = bool(set(inputs.keys) - {file.keys for _, file in inputs.captures}) or bool(
        inputs.export.keylog
    )
    return tuple(
        AuditedCapture(
            path=str(info.path),
            sha256=info.sha256,
            packets=info.packets,
            bytes=info.bytes,
            first=info.first,
            last=info.last,
            network=file.network,
            vantage=file.vantage,
            keys=for_all or file.keys is not None or info.secrets,
            dropped=info.dropped,
            kind=info.kind,
            lacks=tuple(lack.value for lack in info.lacks),
        )
        for info, file in inputs.captures
    )


def coverage_flows(tables: Tables) -> tuple[int, int, int]:
    """Flows of the phone, flows of others, bytes of others."""
    phone, others, size = tables.rows(
        "SELECT count(*) FILTER (phone <> 'none'), count(*) FILTER (phone = 'none'), "
        "sum(wire_bytes_client + wire_bytes_server) FILTER (phone = 'none') FROM flow"
    )[0]
    return int(phone or 0), int(others or 0), int(size or 0)


def _notes(inputs: Inputs, book: AddressBook, flows: tuple[int, int, int], seen: PhoneFlows) -> list[Remark]:
    """What a reader of the whole must know."""
    phone, others, size = flows
    declared = bool(inputs.case.device.addresses or inputs.case.device.macs)
    checks: list[tuple[bool, Remark]] = [
        (not inputs.case_given, Remark.of(Note.NO_CASE)),
        (not inputs.owner_given, Remark.of(Note.NO_OWNER)),
        (inputs.case_given and not inputs.case.events_given, Remark.of(Note.NO_EVENTS)),
        (
            phone > 0 and not declared and bool(inputs.phone.addresses),
            Remark.of(Note.PHONE_GUESSED, addresses=inputs.phone.addresses),
        ),
        (phone == 0, Remark.of(Note.PHONE_UNKNOWN)),
        (others > 0, Remark.of(Note.OTHER_DEVICES, count=others, bytes=size)),
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
