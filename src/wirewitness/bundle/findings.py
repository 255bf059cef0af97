"""The findings of a result as the leaves of a commitment, and the differences between two results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wirewitness.model.json_form import to_json
from wirewitness.model.reason import Note
from wirewitness.model.result import Result

# The name by which a finding of each sort is called; those of one sort have each their own.
_KEYS = {
    "exposures": ("id",),
    "answers": ("id",),
    "verdicts": ("claim",),
    "controls": ("id",),
    "rhythms": ("destination", "what", "from"),
    "destinations": ("host", "address"),
}
TABLE = "table"
_WHOLE = ("device", "phone", "coverage", "events", "anomalies", "notes", "title")


@dataclass(frozen=True)
class Finding:
    """One leaf: its sort, its name within the sort, and what it says."""

    sort: str
    name: str
    document: Any


def findings_of(result: Result) -> Iterator[Finding]:
    """Every finding, in the order of the result."""
    document = to_json(result)
    for sort, keys in _KEYS.items():
        for item in document[sort]:
            yield Finding(sort, " ".join(str(item[key]) for key in keys), item)


@dataclass(frozen=True)
class TableRoot:
    """What a bundle says of a table: its rows, and the root over their salted leaves."""

    rows: int
    root: str


def committed(result: Result, tables: Mapping[str, TableRoot]) -> list[Finding]:
    """What a bundle commits to, in this order: every finding, then every table."""
    roots = [Finding(TABLE, name, {"table": name, **to_json(tables[name])}) for name in sorted(tables)]
    return [*findings_of(result), *roots]


def differences(sealed: Result, derived: Result) -> tuple[str, ...]:
    """What of the sealed result was not derived again as it was, a short text each; none when all was."""
    one = {(f.sort, f.name): f.document for f in findings_of(sealed)}
    other = {(f.sort, f.name): f.document for f in findings_of(derived)}
    found = [f"{sort} {name}: not derived again" for sort, name in one if (sort, name) not in other]
    found += [
        f"{sort} {name}: derived, but not in the bundle" for sort, name in other if (sort, name) not in one
    ]
    found += [
        f"{sort} {name}: another {_first_difference(one[sort, name], other[sort, name])}"
        for sort, name in one
        if (sort, name) in other and one[sort, name] != other[sort, name]
    ]
    before, after = (_without_the_way_of_keys(to_json(result)) for result in (sealed, derived))
    found += [f"{part}: not the same" for part in _WHOLE if before[part] != after[part]]
    if [_unplaced(c) for c in before["captures"]] != [_unplaced(c) for c in after["captures"]]:
        found.append("captures: not the same")
    return tuple(found)


def _without_the_way_of_keys(document: dict[str, Any]) -> dict[str, Any]:
    """A key log that was found by itself is named when its audit is repeated: that is no other finding."""
    notes = [note for note in document["notes"] if note["code"] != Note.KEYS_FOUND.value]
    return document | {"notes": notes}


def _first_difference(one: dict[str, Any], other: dict[str, Any]) -> str:
    return next((key for key in one if one[key] != other.get(key)), "set of members")


def _unplaced(capture: dict[str, Any]) -> dict[str, Any]:
    """A capture wherever its files lie: they are told by their hashes."""
    told = {key: value for key, value in capture.items() if key != "path"}
    return told | {"parts": [{k: v for k, v in part.items() if k != "path"} for part in capture["parts"]]}
