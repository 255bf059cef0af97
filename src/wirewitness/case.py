"""The audit: captures, keys, an owner and a case file in; an audited case folder out. Readable top to bottom.

prescan -> decode -> find -> judge -> write. Each stage is a function below it; nothing here reads a clock,
the network or randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wirewitness import __version__
from wirewitness.case_custody import read_intake, take_in
from wirewitness.case_evidence import gather_evidence, hold_trials
from wirewitness.case_folder import new_folder, write_inputs, write_intake, write_result
from wirewitness.case_header import captures_of, device_of
from wirewitness.case_inputs import Given, Inputs, read_file, read_inputs, request_for
from wirewitness.case_notes import general_notes
from wirewitness.evidence import keep_evidence
from wirewitness.find.anomalies import find_anomalies
from wirewitness.find.contacts import find_contacts
from wirewitness.find.coverage import find_coverage
from wirewitness.find.destinations import find_destinations
from wirewitness.find.exposures import Found, find_exposures
from wirewitness.find.flows import find_phone_flows
from wirewitness.find.holes import find_holes
from wirewitness.find.liveness import find_silences
from wirewitness.find.lookups import AddressBook
from wirewitness.find.needles import Watch, watch_for
from wirewitness.find.private_hosts import hide_hosts_in_files, hide_private_hosts
from wirewitness.find.rhythm import find_rhythms
from wirewitness.find.tables import Tables
from wirewitness.find.traffic import Traffic, find_traffic, put_slices
from wirewitness.find.unexplained import find_unexplained
from wirewitness.judge.consent import place
from wirewitness.judge.controls import judge_control
from wirewitness.judge.coverage_table import coverage_table, hidden_room
from wirewitness.judge.second_run import OtherRun, join_runs
from wirewitness.judge.situations import condition_coverage, make_situations
from wirewitness.judge.timeline import Timeline, make_timeline
from wirewitness.judge.verdicts import judge_claims
from wirewitness.kept_inputs import keep_inputs, result_file
from wirewitness.model.custody import Custody
from wirewitness.model.decoding import SCHEMA_VERSION, Decoder, DecodeRequest, Progress
from wirewitness.model.errors import InputError
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark
from wirewitness.model.result import Result, StateChange, Validation, Versions

WORLDS = 40
"""Generated worlds that stand behind the method; scored by `make score` (docs/method/score.md)."""


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
    live: Decoder | None = None,
    evidence: bool = True,
    also: Sequence[Path] = (),
    custody: Custody | None = None,
    finish: Callable[[Path, Result], object] | None = None,
) -> Result:
    """Audits captures and writes the case folder `output` (result.json, inputs.json, tables/*.parquet).

    `evidence` keeps the bytes around the findings, too (`evidence/`). `finish` adds to the folder (the
    report, from the result) before it gets its name, so that it appears whole or not at all.

    `custody` says who takes the captures in, where and when; it is kept with their hashes (`custody.json`), a
    capture that an earlier audit in `output` took in keeps its first record. Without it none is kept.

    `also` are folders or results of independent audits that are judged together with this one.

    `live` is the core that has followed one of the captures while it was recorded (`case_live.py`).

    What is given here is added to what the case file names. Raises `InputError`, `ArgumentError` or `Bug`,
    each with one sentence; then nothing is left of `output`.
    """
    with_core = decoder is None
    decoder = decoder or live or _core()
    earlier = read_intake(output) if custody else None
    with new_folder(output, force=force) as folder:
        given = Given(tuple(captures), tuple(keys), owner, case, tuple(phone), tuple(also))
        inputs = read_inputs(given, decoder, progress)
        if with_core:
            inputs = _with_words_on_keys(inputs)
        watch = watch_for(inputs.owner)
        spill = folder / "spill"  # gone with the tables' scratch
        windows = spill if evidence and with_core else None
        decoder.decode_captures(
            replace(_request(inputs, watch), windows=windows), folder / "tables", progress
        )
        watch = replace(watch, needles=watch.needles.without_digests)  # a million need 40 MB
        with AddressBook() as book, Tables(folder / "tables", spill) as tables:
            result = examine(inputs, watch, tables, book, progress)
            result = join_runs(result, inputs.case.claims, _other_runs(inputs, also))
            tables.give_back()
            if windows:
                progress("evidence", 0, 0)
                keep_evidence(folder, result, tables, spill)
            hide_hosts_in_files(tables, folder / "tables")
        write_result(folder, result)
        write_inputs(folder, output, keep_inputs(given, inputs))
        if custody:
            stated = replace(
                custody,
                by=custody.by or inputs.case.taken_by,
                where=custody.where or inputs.case.taken_where,
            )
            write_intake(folder, take_in(inputs.infos, stated, earlier))
        if finish is not None:
            finish(folder, result)
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
    tokens = find_unexplained(tables, inputs.export.tokens)
    found = _placed(find_exposures(tables, watch, [i.sha256 for i in inputs.infos], book), inputs, timeline)
    destinations = find_destinations(
        tables, book, inputs.case.device.vendor, inputs.case.device.vendor_domains
    )
    contacts = find_contacts(tables)
    rhythms = find_rhythms(contacts)
    conditions = condition_coverage(situations, _up_by_situation(traffic))
    coverage = find_coverage(tables, situations.spans, conditions)
    anomalies = find_anomalies(tables, [i.sha256 for i in inputs.infos])

    progress("judge", 0, 0)
    findings = [*found.exposures, *found.answers]
    controls = {control.id: judge_control(control, findings) for control in inputs.case.controls}
    evidence = replace(
        gather_evidence(inputs, watch, timeline, situations, destinations),
        traffic=traffic,
        holes=holes,
        tokens=tokens,
        exposures=found.exposures,
        answers=found.answers,
        contacts=contacts,
        controls=controls,
    )
    evidence = replace(evidence, trials=hold_trials(inputs, tables, evidence, situations))
    verdicts = judge_claims(inputs.case.claims, evidence)
    table = coverage_table(inputs.case.claims, verdicts, evidence)
    coverage = replace(coverage, table=table, hidden=hidden_room(table))
    general = general_notes(inputs, book, coverage.other_devices, flows, phone_seen=bool(destinations))
    return Result(
        format="wirewitness-result/1",
        title=inputs.case.title,
        device=device_of(inputs),
        captures=captures_of(inputs),
        phone=inputs.phone,
        coverage=coverage,
        destinations=tuple(destinations),
        exposures=found.exposures,
        answers=found.answers,
        rhythms=rhythms,
        events=tuple(StateChange(e.time, e.event, e.key, e.value, e.note) for e in inputs.case.events),
        controls=tuple(controls.values()),
        trials=tuple(evidence.trials),
        verdicts=verdicts,
        anomalies=tuple(anomalies),
        notes=(*inputs.notes, *watch.notes, *timeline.notes, *found.notes, *general),
        versions=Versions(__version__, SCHEMA_VERSION, book.databases),
        validation=Validation(WORLDS, 0),
    )


def _other_runs(inputs: Inputs, also: Sequence[Path]) -> list[OtherRun]:
    """The results of other audits that the case or the caller names."""
    runs = []
    for path in (*inputs.case.also, *also):
        file = result_file(path)
        try:
            with file.open(encoding="utf-8") as text:
                runs.append(OtherRun(file.resolve().parent.name, Result.read(text, file)))
        except OSError as error:
            raise InputError(path, f"cannot be read as the result of an audit: {error}") from None
    return runs


def _core() -> Decoder:
    """The Rust core's decoder; imported late, so that what needs no captures does not need it either."""
    from wirewitness import decode  # noqa: PLC0415

    return decode


def _request(inputs: Inputs, watch: Watch) -> DecodeRequest:
    return request_for(
        inputs.infos,
        inputs.keys,
        inputs.export,
        phone=inputs.phone.addresses,
        macs=inputs.phone_macs,
        needles=watch.needles,
    )


def _with_words_on_keys(inputs: Inputs) -> Inputs:
    """A file that was given as keys and holds none is told: nothing will be read with it."""
    from wirewitness.decode import check_key_log  # noqa: PLC0415 - as above

    empty = [path for path in inputs.keys if not check_key_log(read_file(path))[0]]
    notes = [Remark.of(Note.KEYS_EMPTY, log=path.name) for path in empty]
    return replace(inputs, notes=(*inputs.notes, *notes))


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
