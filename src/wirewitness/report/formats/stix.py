"""STIX 2.1: destinations as observables, what was seen as observed data, verdicts as notes.

There are no indicators and no malware in it: that would be a judgement which the bytes do not bear. Ids are
UUIDv5 of what they name, so that the same result gives the same bundle.
"""

from __future__ import annotations

import ipaddress
import json
import uuid
from typing import TYPE_CHECKING, Any

from wirewitness.model.instant import Instant
from wirewitness.model.json_text import json_text
from wirewitness.report.visible import visible
from wirewitness.report.words import claim_text, outcome_gloss

if TYPE_CHECKING:
    from wirewitness.model.exposure import Exposure
    from wirewitness.model.result import Result, Verdict
    from wirewitness.report.texts import Texts

_OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace that STIX 2.1, section 2.9, sets for observables."""
_OURS = uuid.uuid5(uuid.NAMESPACE_DNS, "wirewitness.example")
_MILLION = 1_000_000


def render_stix(result: Result, texts: Texts) -> str:
    """A bundle object."""
    captured = "".join(capture.sha256 for capture in result.captures)
    times = [capture.last for capture in result.captures if capture.last is not None]
    made = _time(max(times, default=Instant(0)))
    tool = _identity(made)
    objects: dict[str, dict[str, Any]] = {tool["id"]: tool}
    seen: dict[tuple[str, str, str], list[Exposure]] = {}
    for one in result.exposures:
        if not one.masked:
            seen.setdefault((one.kind, one.destination, one.address), []).append(one)
    where: dict[str, list[str]] = {}
    for (kind, host, address), findings in seen.items():
        observables = _observables(host, address)
        objects.update({one["id"]: one for one in observables})
        if observables:
            data = _observed(
                kind=kind,
                host=host,
                findings=findings,
                observables=observables,
                tool=tool["id"],
                made=made,
                captured=captured,
            )
            objects[data["id"]] = data
            for finding in findings:
                where.setdefault(finding.id, []).append(data["id"])
    for verdict in result.verdicts:
        refs = sorted({ref for id_ in verdict.evidence for ref in where.get(id_, ())}) or [tool["id"]]
        note = _note(verdict=verdict, refs=refs, texts=texts, tool=tool["id"], made=made, captured=captured)
        objects[note["id"]] = note
    bundle = {
        "type": "bundle",
        "id": f"bundle--{uuid.uuid5(_OURS, captured)}",
        "objects": list(objects.values()),
    }
    return json_text(bundle)


def _identity(made: str) -> dict[str, Any]:
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": f"identity--{uuid.uuid5(_OURS, 'wirewitness')}",
        "created": made,
        "modified": made,
        "name": "wirewitness",
        "identity_class": "system",
    }


def _observables(host: str, address: str) -> list[dict[str, Any]]:
    found = []
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        ip = None
    if ip is not None:
        found.append(_observable(f"ipv{ip.version}-addr", str(ip)))
    if host:
        found.append(_observable("domain-name", visible(host)))
    return found


def _observable(kind: str, value: str) -> dict[str, Any]:
    name = json.dumps({"value": value}, separators=(",", ":"), ensure_ascii=False)
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{uuid.uuid5(_OBSERVABLES, name)}",
        "value": value,
    }


def _observed(
    *,
    kind: str,
    host: str,
    findings: list[Exposure],
    observables: list[dict[str, Any]],
    tool: str,
    made: str,
    captured: str,
) -> dict[str, Any]:
    times = sorted(one.time for one in findings)
    name = f"{captured} {kind} {host} {findings[0].address}"
    return {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": f"observed-data--{uuid.uuid5(_OURS, name)}",
        "created_by_ref": tool,
        "created": made,
        "modified": made,
        "first_observed": _time(times[0]),
        "last_observed": _time(times[-1]),
        "number_observed": min(len(findings), 999_999_999),
        "object_refs": [one["id"] for one in observables],
        "labels": [kind],
    }


def _note(
    *, verdict: Verdict, refs: list[str], texts: Texts, tool: str, made: str, captured: str
) -> dict[str, Any]:
    words = texts(f"outcome.{verdict.outcome.value}.word")
    gloss = outcome_gloss(verdict, texts)
    return {
        "type": "note",
        "spec_version": "2.1",
        "id": f"note--{uuid.uuid5(_OURS, f'{captured} {verdict.claim}')}",
        "created_by_ref": tool,
        "created": made,
        "modified": made,
        "abstract": visible(f"{verdict.claim}: {words}"),
        "content": visible(f"{claim_text(verdict, texts)} {words}. {gloss}"),
        "lang": texts.language.tag,
        "object_refs": refs,
    }


def _time(when: Instant) -> str:
    """With milliseconds, as STIX wants it."""
    millis = int(when) // _MILLION % 1000
    return f"{Instant(int(when) // 1_000_000_000 * 1_000_000_000).text.removesuffix('Z')}.{millis:03d}Z"
