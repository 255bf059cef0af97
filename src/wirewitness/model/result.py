"""The result of an audit: what `DIR/result.json` holds. JSON Schema: schemas/result.schema.json.

>>> Result.from_text(result.text) == result
True
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO

from wirewitness.model.coverage import Coverage
from wirewitness.model.destination import Destination
from wirewitness.model.errors import InputError
from wirewitness.model.exposure import Exposure
from wirewitness.model.instant import Instant
from wirewitness.model.json_form import from_pieces, to_json
from wirewitness.model.json_pieces import Pieces
from wirewitness.model.json_text import json_pieces
from wirewitness.model.remark import Remark
from wirewitness.model.rhythm import Rhythm
from wirewitness.model.verdict import Outcome, Polarity, Strength

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "wirewitness-result/1"


@dataclass(frozen=True)
class AuditedDevice:
    """The phone as the case file declares it; empty texts where it does not."""

    vendor: str
    model: str
    build: str
    addresses: tuple[str, ...]
    macs: tuple[str, ...]
    chosen_by: str


@dataclass(frozen=True)
class AuditedPart:
    """One file of a rotated capture."""

    path: str
    sha256: str
    packets: int
    bytes: int
    first: Instant | None
    last: Instant | None


@dataclass(frozen=True)
class AuditedCapture:
    """A capture as it was read. `bytes`: size of the stored file; `dropped`: what its recorder says.

    `kind`: "packets", or which importer read it (then `packets` are its records); `lacks`: what such a source
    cannot know. `parts`: the files of a rotated capture in time order, or none; `path` is then the first
    one's and `sha256` that of their hashes, a line each.
    """

    path: str
    sha256: str
    packets: int
    bytes: int
    first: Instant | None
    last: Instant | None
    network: str | None
    vantage: str | None
    keys: bool
    dropped: int | None
    kind: str = "packets"
    lacks: tuple[str, ...] = ()
    parts: tuple[AuditedPart, ...] = ()

    @property
    def files(self) -> tuple[AuditedCapture | AuditedPart, ...]:
        """What stands in files of its own: its parts, else itself."""
        return self.parts or (self,)


@dataclass(frozen=True)
class Phone:
    """Which addresses are the phone's, and how that was known."""

    addresses: tuple[str, ...]
    how: str


@dataclass(frozen=True)
class ControlResult:
    """A positive control: a planted upload that must be found. `found` of `expected` planted things were."""

    id: str
    passed: bool
    found: int
    expected: int
    hosts: tuple[str, ...]
    exposures: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Excludes:
    """What a silence excludes: an unseen upload larger than `bytes`, of a sort found with `power`.

    `power` is the lower 95 % bound of the share of planted things that are found, from `found` of `expected`.
    """

    bytes: int
    power: float
    found: int
    expected: int


@dataclass(frozen=True)
class Verdict:
    """What is said of one claim. `strength` and `alternative` are None where nothing was found."""

    claim: str
    polarity: Polarity
    text: dict[str, str]
    source: str
    quote: str
    outcome: Outcome
    strength: Strength | None
    alternative: Remark | None
    quality: tuple[Remark, ...]
    reasons: tuple[Remark, ...]
    missing: tuple[Remark, ...]
    evidence: tuple[str, ...]
    excludes: Excludes | None


TrialState = Literal["shown", "unconfirmed", "not_shown", "too_few", "changed", "sealed", "unfit"]


@dataclass(frozen=True)
class TrialResult:
    """A registered series of trials under one claim: its numbers, and whether it shows what the claim says.

    Of `windows`, `used` count; `outside` lie outside the claim's period or condition, `uncaptured` were not
    recorded. `p` is adjusted over destinations and lags, `p_holm` over the claims as well. `excluded_share`:
    the smallest share of planted things whose upload would have been found with power 0.95.
    """

    claim: str
    series: str
    design: str
    kind: str
    plan_sha256: str
    windows: int
    used: int
    outside: int
    uncaptured: int
    deviated: int
    shuffles: int
    state: TrialState
    destination: str | None
    lag_s: int | None
    statistic: float | None
    p: float
    p_holm: float
    e_value: float
    excluded_share: float | None


@dataclass(frozen=True)
class AnomalyCount:
    """How often something odd was met in a capture (by its SHA-256), with one example's detail."""

    kind: str
    count: int
    capture: str
    example: str


@dataclass(frozen=True)
class Database:
    """A database that look-ups were made in."""

    name: str
    date: str
    licence: str
    source: str


@dataclass(frozen=True)
class Versions:
    """What made this result."""

    wirewitness: str
    schema: int
    databases: tuple[Database, ...]


@dataclass(frozen=True)
class Validation:
    """What kind of validation stands behind the method."""

    worlds: int
    real_phones: int


@dataclass(frozen=True)
class StateChange:
    """A change of the phone's state, or an act, as logged: for the time line."""

    time: Instant
    event: str
    key: str
    value: str
    note: str


@dataclass(frozen=True)
class Result:
    """The whole. It holds ids of facts, never their values."""

    format: Literal["wirewitness-result/1"]
    title: str
    device: AuditedDevice
    captures: tuple[AuditedCapture, ...]
    phone: Phone
    coverage: Coverage
    destinations: tuple[Destination, ...]
    exposures: tuple[Exposure, ...]
    answers: tuple[Exposure, ...]
    rhythms: tuple[Rhythm, ...]
    events: tuple[StateChange, ...]
    controls: tuple[ControlResult, ...]
    trials: tuple[TrialResult, ...]
    verdicts: tuple[Verdict, ...]
    anomalies: tuple[AnomalyCount, ...]
    notes: tuple[Remark, ...]
    versions: Versions
    validation: Validation

    @property
    def text(self) -> str:
        """The JSON text, one member a line; the same result gives the same bytes."""
        return "".join(self.pieces())

    def pieces(self) -> Iterator[str]:
        """The same text in pieces, so that a hundred thousand findings never stand in memory as text."""
        return json_pieces(self, to_json)

    @classmethod
    def from_text(cls, text: str, path: Path | str = "result.json") -> Result:
        """The result of such a text; `InputError` when it is another thing or another version."""
        return cls.read(io.StringIO(text), path)

    @classmethod
    def read(cls, file: TextIO, path: Path | str) -> Result:
        """The same from an open file, of which only pieces stand in memory as text."""
        try:
            return from_pieces(cls, Pieces(file.read))
        except (ValueError, RecursionError) as error:
            why = str(error)
        if why.startswith("/format "):
            raise InputError(path, f"is not a result of format {FORMAT}")
        raise InputError(path, f"cannot be read as a result: {why}")
