"""The case file: what a tester would hand to the witness, and nothing of the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from optin.protocol.moment import render_moment
from wirelab.claims import DOMAIN, Claim, Control
from wirelab.diary import FIRST_STATES
from wirelab.recording import Recording
from wirelab.sight import Sight
from wirelab.stage import Consented, Stage
from wirelab.tcp_trace import VPN_ADDRESS, VPN_ADDRESS6
from wirelab.vendor.agent import BUILD, MODEL

FORMAT = "wirewitness-case/1"
TITLE = f"The phone {MODEL}, July 2014"


def render_case(stage: Stage, recordings: list[Recording], sight: Sight) -> str:
    """``case.toml`` as text. Its title is the same in every world: a case file knows no truth."""
    head = [f"format = {_value(FORMAT)}", f"title = {_value(TITLE)}", 'owner = "owner.toml"']
    if sight.events:
        head.append('events = "events.csv"')
    if sight.audit_export:
        head.append('audit_export = "audit_export.json"')
    if sight.trials:
        head.append('trials = "trials.json"')
    blocks = [head, _device(stage, recordings)]
    if sight.events:
        blocks.append(["[states]", *_pairs(FIRST_STATES.items())])
    blocks += [_capture(recording, sight) for recording in recordings]
    blocks += [_consent(record) for record in stage.consents]
    blocks += [_control(control) for control in stage.controls]
    blocks += [_claim(claim) for claim in stage.claims]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _device(stage: Stage, recordings: list[Recording]) -> list[str]:
    addresses = [*stage.phone.addresses]
    if any(recording.vantage == "phone" for recording in recordings):
        addresses += [VPN_ADDRESS, VPN_ADDRESS6]
    return [
        "[device]",
        *_pairs(
            (
                ("vendor", "Vendor"),
                ("model", MODEL),
                ("build", BUILD),
                ("addresses", addresses),
                ("macs", [stage.owner.identifiers.mac]),
                ("vendor_domains", [DOMAIN]),
            )
        ),
    ]


def _capture(recording: Recording, sight: Sight) -> list[str]:
    rows: list[tuple[str, object]] = [("path", recording.path)]
    if recording.keys:
        rows.append(("keys", recording.keys))
    if sight.events and len(recording.networks) == 1:
        rows.append(("network", recording.networks[0]))
    rows.append(("vantage", recording.vantage))
    return ["[[capture]]", *_pairs(rows)]


def _consent(record: Consented) -> list[str]:
    rows: list[tuple[str, object]] = [
        ("id", record.id),
        ("data", list(record.data)),
        ("hosts", list(record.hosts)),
        ("purpose", record.purpose),
        ("from", record.start),
    ]
    if record.until is not None:
        rows.append(("until", record.until))
    if record.when:
        rows.append(("when", dict(record.when)))
    return ["[[consent]]", *_pairs(rows)]


def _control(control: Control) -> list[str]:
    rows: list[tuple[str, object]] = [("id", control.id), ("data", list(control.data))]
    if control.facts:
        rows.append(("facts", list(control.facts)))
    rows += [
        ("hosts", list(control.hosts)),
        ("from", control.start),
        ("until", control.until),
        ("note", control.note),
    ]
    return ["[[control]]", *_pairs(rows)]


def _claim(claim: Claim) -> list[str]:
    rows: list[tuple[str, object]] = [("id", claim.id), ("polarity", claim.polarity), ("about", claim.about)]
    if claim.data:
        rows += [("data", list(claim.data)), ("match", claim.match)]
    if claim.about != "state":
        rows.append(("hosts", list(claim.hosts)))
    if claim.countries:
        rows.append(("countries", list(claim.countries)))
    if claim.when:
        when = {key: values[0] if len(values) == 1 else list(values) for key, values in claim.when.items()}
        rows.append(("when", when))
    if claim.about == "exposure":
        rows.append(("consent", claim.consent))
    if claim.periodic:
        rows.append(("rhythm", {"periodic": True}))
    if claim.state is not None:
        key, value, by = claim.state
        rows.append(("state", {"key": key, "value": value, "by": by}))
    rows += [("from", claim.start), ("until", claim.until)]
    if claim.controls:
        rows.append(("controls", list(claim.controls)))
    rows += [
        ("source", claim.source),
        ("quote", claim.quote),
        ("date", claim.date),
        ("text", dict(claim.text)),
    ]
    return ["[[claim]]", *_pairs(rows)]


def _pairs(rows: Iterable[tuple[str, object]]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in rows]


def _value(value: object) -> str:
    """A TOML value. A JSON string is a TOML basic string for every text without control characters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return json.dumps(render_moment(value))
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Iterable):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return str(value)
