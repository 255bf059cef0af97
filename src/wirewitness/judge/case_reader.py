"""CASE.toml: the declared case (schemas/case.schema.json); every mistake is one sentence with its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wirewitness.judge.audit_export import read_condition
from wirewitness.judge.claim_reader import read_claims
from wirewitness.judge.events_log import check_state, in_order, make_event, read_events, refuse_contradictions
from wirewitness.judge.toml_values import read_kinds, read_period
from wirewitness.judge.trials_reader import read_trials
from wirewitness.model.case_file import STATES, CaptureFile, CaseFile, Consent, Control, Device, Event
from wirewitness.model.errors import InputError
from wirewitness.model.instant import NS
from wirewitness.model.toml_text import TomlTable, TomlText
from wirewitness.model.trials import Trials

FORMAT = "wirewitness-case/1"
MOST_OFFSET_S = 31_536_000
VANTAGES = ("phone", "proxy", "gateway")
_ROOT = (
    "format", "title", "owner", "events", "audit_export", "trials", "also", "clock_offset_s", "custody",
    "device", "states", "capture", "event", "consent", "control", "claim",
)  # fmt: skip


def read_case(path: Path) -> CaseFile:
    """The whole case; paths in it are relative to its folder."""
    try:
        toml = TomlText.parse(path, path.read_bytes())
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    root = toml.table()
    root.only(*_ROOT)
    if root.text("format") != FORMAT:
        raise root.error(f"'format' should be {FORMAT}", "format")
    events_file = root.file("events")
    events = list(read_events(events_file)) if events_file else []
    inline = [(table.line, _inline_event(table)) for table in toml.tables("event")]
    refuse_contradictions(path, inline, events, events_file)
    events += [event for _, event in inline]
    offset_s = _clock_offset(root)
    events = [replace(event, time=event.time + round(-offset_s * NS)) for event in events]
    controls = tuple(_control(table) for table in toml.tables("control"))
    refuse_same_ids(toml.tables("control"))
    refuse_same_ids(toml.tables("consent"))
    device, modified = _device(toml.table("device"))
    custody = toml.table("custody")
    custody.only("by", "where")
    return CaseFile(
        title=root.text("title", default=""),
        device=device,
        owner=root.file("owner"),
        captures=tuple(_capture(table) for table in toml.tables("capture")),
        states=_states(toml.table("states")),
        events=tuple(sorted(events, key=in_order)),
        events_given=events_file is not None or bool(inline),
        consents=tuple(_consent(table) for table in toml.tables("consent")),
        controls=controls,
        claims=read_claims(toml.tables("claim"), controls),
        audit_export=root.file("audit_export"),
        modified_firmware=modified,
        trials=_trials(root),
        clock_offset_s=offset_s,
        also=root.files("also"),
        taken_by=custody.text("by", default=""),
        taken_where=custody.text("where", default=""),
        files=(path, *toml.named),
    )


def _clock_offset(root: TomlTable) -> float:
    value = root.values.get("clock_offset_s", 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= MOST_OFFSET_S:
        text = f"'clock_offset_s' should be a number of seconds, at most {MOST_OFFSET_S} either way"
        raise root.error(text, "clock_offset_s")
    return float(value)


def _trials(root: TomlTable) -> Trials | None:
    path = root.file("trials")
    return read_trials(path) if path else None


def refuse_same_ids(tables: Sequence[TomlTable]) -> None:
    """Two tables of one sort with one id."""
    seen: set[str] = set()
    for table in tables:
        name = table.text("id")
        if name in seen:
            raise table.error(f"the id '{name}' is used twice", "id")
        seen.add(name)


def _device(table: TomlTable) -> tuple[Device, bool]:
    table.only("vendor", "model", "build", "addresses", "macs", "vendor_domains", "modified_firmware")
    modified = table.values.get("modified_firmware", False)
    if not isinstance(modified, bool):
        raise table.error("'modified_firmware' should be true or false", "modified_firmware")
    device = Device(
        vendor=table.text("vendor", default=""),
        model=table.text("model", default=""),
        build=table.text("build", default=""),
        addresses=table.texts("addresses"),
        macs=tuple(mac.lower().replace("-", ":") for mac in table.texts("macs")),
        vendor_domains=tuple(domain.lower() for domain in table.texts("vendor_domains")),
    )
    return device, modified


def _capture(table: TomlTable) -> CaptureFile:
    table.only("path", "keys", "network", "vantage", "continues")
    path = table.file("path")
    if path is None:
        raise table.error("'path' is missing")
    continues = table.values.get("continues")
    if not isinstance(continues, bool | None):
        raise table.error("'continues' should be true or false", "continues")
    return CaptureFile(
        path=path,
        keys=table.file("keys"),
        network=table.choice("network", STATES["network"], default="any")
        if "network" in table.values
        else None,
        vantage=table.choice("vantage", VANTAGES, default="any") if "vantage" in table.values else None,
        continues=continues,
    )


def _states(table: TomlTable) -> dict[str, str]:
    for key in table.values:
        try:
            check_state(key, table.text(key))
        except ValueError as error:
            raise table.error(str(error), key) from None
    return {key: table.text(key) for key in table.values}


def _inline_event(table: TomlTable) -> Event:
    table.only("time", "event", "key", "value", "note")
    names = ("time", "event", "key", "value", "note")
    texts = [str(table.values.get(name, "")) for name in names]
    try:
        return make_event(*texts)
    except ValueError as error:
        raise table.error(str(error)) from None


def _consent(table: TomlTable) -> Consent:
    table.only("id", "data", "hosts", "purpose", "from", "until", "when")
    return Consent(
        id=table.text("id"),
        data=tuple(kind for entry in read_kinds(table) for kind in entry),
        hosts=tuple(host.lower() for host in table.texts("hosts")),
        purpose=table.text("purpose"),
        period=read_period(table),
        when=read_condition(table.values.get("when", {}), lambda text: table.error(text, "when")),
    )


def _control(table: TomlTable) -> Control:
    table.only("id", "data", "facts", "hosts", "from", "until", "note")
    return Control(
        id=table.text("id"),
        data=read_kinds(table),
        facts=table.texts("facts"),
        hosts=tuple(host.lower() for host in table.texts("hosts")),
        period=read_period(table),
        note=table.text("note", default=""),
    )
