"""What a case file declares: device, captures, states and events, consent, controls, claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, TypeAlias

from wirewitness.model.instant import Instant
from wirewitness.model.trials import Trials
from wirewitness.model.verdict import Polarity

STATES: dict[str, tuple[str, ...]] = {
    "network": ("wifi", "mobile", "none"),
    "backup": ("on", "off"),
    "preferences": ("on", "off"),
    "diagnostics": ("on", "off"),
    "software": ("present", "stopped", "disabled", "uninstalled", "reflashed"),
    "screen": ("on", "off"),
    "charging": ("on", "off"),
}
"""The closed list of states of a phone and their values."""

Condition: TypeAlias = dict[str, tuple[str, ...]]
"""States that must hold; each key has one of the values."""


@dataclass(frozen=True)
class Period:
    """Half-open; None where it is open."""

    from_: Instant | None = None
    until: Instant | None = None

    def __contains__(self, time: Instant) -> bool:
        return (self.from_ is None or time >= self.from_) and (self.until is None or time < self.until)


@dataclass(frozen=True)
class Device:
    """The phone; `vendor_domains` are the first party."""

    vendor: str = ""
    model: str = ""
    build: str = ""
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    vendor_domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaptureFile:
    """A capture that the case names, with its key log, its network and where it was taken.

    `continues`: whether it goes on where the capture before it ends; None leaves that to its name and times.
    """

    path: Path
    keys: Path | None = None
    network: str | None = None
    vantage: str | None = None
    continues: bool | None = None


@dataclass(frozen=True)
class Event:
    """A line of the events log. `event`: "state", "do" or "recorder"."""

    time: Instant
    event: Literal["state", "do", "recorder"]
    key: str
    value: str
    note: str


@dataclass(frozen=True)
class Consent:
    """What the owner agreed to: data kinds, recipient hosts, purpose, period, condition."""

    id: str
    data: tuple[str, ...]
    hosts: tuple[str, ...]
    purpose: str
    period: Period
    when: Condition


@dataclass(frozen=True)
class Control:
    """A planted upload (or answer) that must be found for silence to mean anything."""

    id: str
    data: tuple[tuple[str, ...], ...]
    facts: tuple[str, ...]
    hosts: tuple[str, ...]
    period: Period
    note: str


@dataclass(frozen=True)
class RhythmClaim:
    """`every_s` with a relative tolerance makes it a quantified claim."""

    every_s: float | None = None
    tolerance: float = 0.2


@dataclass(frozen=True)
class StateClaim:
    """That a state was set, perhaps by the owner's own hand."""

    key: str
    value: str
    by: str | None


@dataclass(frozen=True)
class Claim:
    """One atomic, checkable statement with its source.

    `data` holds one tuple of kinds per entry of the case file (a family is expanded); with `match_all` each
    entry must be shown, else any. Empty `hosts` or `countries` do not restrict.
    """

    id: str
    polarity: Polarity
    about: Literal["exposure", "contact", "answer", "state"]
    data: tuple[tuple[str, ...], ...] = ()
    match_all: bool = False
    hosts: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    when: Condition = field(default_factory=dict)
    uncovered_only: bool = False
    rhythm: RhythmClaim | None = None
    state: StateClaim | None = None
    period: Period = Period()
    controls: tuple[str, ...] = ()
    source: str = ""
    quote: str = ""
    text: dict[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds it speaks of, in order, once each."""
        return tuple(dict.fromkeys(kind for entry in self.data for kind in entry))


@dataclass(frozen=True)
class CaseFile:
    """The whole case. `states` hold from the beginning; `events_given` tells an empty log from none.

    `clock_offset_s`: how far the clock of the log is ahead; the events stand corrected by it. `also` are
    results of independent audits. `taken_by` and `taken_where`: who takes the captures in, and where.

    `files` are those that the case file names, and itself.
    """

    title: str = ""
    device: Device = Device()
    owner: Path | None = None
    captures: tuple[CaptureFile, ...] = ()
    states: dict[str, str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    events_given: bool = False
    consents: tuple[Consent, ...] = ()
    controls: tuple[Control, ...] = ()
    claims: tuple[Claim, ...] = ()
    audit_export: Path | None = None
    modified_firmware: bool = False
    trials: Trials | None = None
    clock_offset_s: float = 0.0
    also: tuple[Path, ...] = ()
    taken_by: str = ""
    taken_where: str = ""
    files: tuple[Path, ...] = field(default=(), compare=False)


def host_matches(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether a lower-case host fits a pattern of the case file (`*` and `?`); no patterns fit all."""
    return not patterns or any(fnmatchcase(host, pattern) for pattern in patterns)


def condition_text(when: Condition) -> str:
    """A condition as people read it: `backup=off, network=wifi`."""
    return ", ".join(f"{key}={'|'.join(values)}" for key, values in sorted(when.items()))
