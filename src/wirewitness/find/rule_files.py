"""Loads the rules that stand beside as data. A row without a reason does not load.

What a row's `test` may be the core knows, and refuses another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from wirewitness.model.errors import Bug
from wirewitness.model.exposure import Confidence
from wirewitness.model.fact import Fact
from wirewitness.model.kind import DataKind, expand
from wirewitness.model.needle import Beside, FieldRule
from wirewitness.model.toml_text import TomlText

_GRAINS = ("", "aggregate", "events")


_FIELD_FILES = ("fields", "forms", "records", "trackers")


@dataclass(frozen=True)
class Rules:
    """All rules that ship with the package."""

    fields: tuple[FieldRule, ...]
    masks: tuple[Fact, ...]
    common: frozenset[str]
    seeds: tuple[tuple[str, int], ...]
    """Hash and seed."""
    measured: Mapping[str, Confidence]
    """By kind of data; written by tools/measure_detectors.py, as the next."""
    measured_rules: Mapping[str, Confidence]
    """By a rule's name, of those that met enough labelled values."""

    def confidence(self, rule: str, kind: str) -> Confidence | None:
        """How often such a finding is right: measured of the rule, else of the kind, else None."""
        return self.measured_rules.get(rule) or self.measured.get(kind)


@cache
def load_rules() -> Rules:
    """The rules, read once."""
    return Rules(
        fields=tuple(_field(row) for file in _FIELD_FILES for row in _rows(file, "field")),
        masks=tuple(
            Fact(f"mask:{row['value']}", DataKind(row["kind"]), (row["value"],), masked=True)
            for row in _rows("masks", "mask")
        ),
        common=frozenset(value for row in _rows("common", "common") for value in row["values"]),
        seeds=tuple((row["hash"], row["seed"]) for row in _rows("seeds", "seed")),
        measured=_measured("kind"),
        measured_rules=_measured("rule"),
    )


def _measured(of: Literal["rule", "kind"]) -> dict[str, Confidence]:
    return {
        row[of]: Confidence(row["right"], row["found"], row["at_least"], row["basis"], of)
        for row in _rows("measured", f"measured_{of}")
    }


def _rows(name: str, table: str) -> list[dict[str, Any]]:
    file = resources.files("wirewitness.find.rules") / f"{name}.toml"
    rows = [dict(row.values) for row in TomlText.parse(Path(str(file)), file.read_bytes()).tables(table)]
    for row in rows:
        if not str(row.get("reason", "")).strip():
            raise Bug(f"a row of {name}.toml has no reason: {row}")
    return rows


def _field(row: dict[str, Any]) -> FieldRule:
    rule = FieldRule(
        name=row["name"],
        kind=row["kind"],
        up=row.get("up", True),
        keys=tuple(row["keys"]),
        test=row["test"],
        least=row.get("least", 0),
        most=row.get("most", 0),
        evidence=row.get("evidence", False),
        reason=row["reason"],
        hosts=tuple(row.get("hosts", ())),
        beside=tuple(Beside(tuple(one["keys"]), one["test"]) for one in row.get("beside", ())),
        times=row.get("times", 0),
        grain=row.get("grain", ""),
    )
    if expand(rule.kind) != (rule.kind,) or rule.grain not in _GRAINS:
        raise Bug(f"a row of a file of fields is wrong: {rule}")
    if not rule.keys or not all(one.keys for one in rule.beside):
        raise Bug(f"a row of a file of fields is wrong: {rule}")
    return rule
