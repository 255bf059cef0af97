"""The claims of a case: what somebody said, and what it means for traffic.

Those of 2014 stand in ``claims.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from typing import Any

DOMAIN = "vendor-cloud.example"
HOSTS = (f"*.{DOMAIN}", DOMAIN)


@dataclass(frozen=True, slots=True)
class Claim:
    """One atomic statement about the period [start, until).

    ``when`` maps a state key to the values that satisfy it; ``state`` is (key, value, by whom).
    """

    id: str
    polarity: str
    about: str
    text: Mapping[str, str]
    source: str
    quote: str
    date: str
    start: datetime
    until: datetime
    data: tuple[str, ...] = ()
    match: str = "any"
    hosts: tuple[str, ...] = HOSTS
    countries: tuple[str, ...] = ()
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    consent: str = "any"
    periodic: bool = False
    state: tuple[str, str, str] | None = None
    controls: tuple[str, ...] = ()

    def matches_kind(self, kind: str) -> bool:
        """True when the claim is about data of that kind: named itself, or by its family."""
        return any(kind == wanted or kind.startswith(wanted + ".") for wanted in self.data)


@dataclass(frozen=True, slots=True)
class Control:
    """A planted upload that must be found for silence to mean anything."""

    id: str
    data: tuple[str, ...]
    facts: tuple[str, ...]
    start: datetime
    until: datetime
    note: str
    hosts: tuple[str, ...] = HOSTS


def base_claims(start: datetime, until: datetime) -> tuple[Claim, ...]:
    """The twelve claims of the case of 2014, over one period."""
    document = tomllib.loads(resources.files("wirelab").joinpath("claims.toml").read_text(encoding="utf-8"))
    return tuple(_claim(row, document["who"][row["by"]], start, until) for row in document["claim"])


def _claim(row: Mapping[str, Any], who: Mapping[str, str], start: datetime, until: datetime) -> Claim:
    state = row.get("state")
    return Claim(
        id=row["id"],
        polarity=row["polarity"],
        about=row["about"],
        text=row["text"],
        source=who["source"],
        quote=who["quote"],
        date=who["date"],
        start=start,
        until=until,
        data=tuple(row.get("data", ())),
        match=row.get("match", "any"),
        countries=tuple(row.get("countries", ())),
        when={key: tuple(values) for key, values in row.get("when", {}).items()},
        consent=row.get("consent", "any"),
        periodic=row.get("periodic", False),
        state=None if state is None else (state["key"], state["value"], state["by"]),
        controls=tuple(row.get("controls", ())),
    )
