"""Everything that verdicts are made of: small, pure data. What is not in here does not count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wirewitness.find.contacts import Contacts
from wirewitness.find.holes import Hole
from wirewitness.find.traffic import Traffic
from wirewitness.find.unexplained import TokenField
from wirewitness.judge.situations import Situation
from wirewitness.judge.timeline import Timeline
from wirewitness.model.case_file import Control, Event
from wirewitness.model.exposure import Exposure
from wirewitness.model.instant import Instant
from wirewitness.model.result import ControlResult, TrialResult


@dataclass(frozen=True)
class Place:
    """What is known of an address: country as of a date, network, whose host it is, which apps ask it."""

    country: str | None = None
    date: str | None = None
    network: str | None = None
    organisation: str | None = None
    apps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """`places` by (host, address); `searched` are kinds of which a fact was searched for or a shape is known.

    `unread_captures` are names of captures that were given and could not be read.

    `partial` are the kinds of sources that see only part of the phone's connections, `filtered` the names of
    captures that a filter may have left traffic out of.

    `clocks_differ_s`: by how much the clocks of log and captures differ at least.

    `trials` holds one result for each registered (claim, series).

    `files` and `short` are ids of facts that are files and that count by context only; `dropped` are packets
    that the recorder lost.
    """

    first: Instant | None
    last: Instant | None
    timeline: Timeline
    situations: Sequence[Situation] = ()
    traffic: Sequence[Traffic] = ()
    holes: Sequence[Hole] = ()
    tokens: Sequence[TokenField] = ()
    exposures: Sequence[Exposure] = ()
    answers: Sequence[Exposure] = ()
    contacts: Sequence[Contacts] = ()
    places: Mapping[tuple[str, str], Place] = field(default_factory=dict)
    controls: Mapping[str, ControlResult] = field(default_factory=dict)
    planted: Mapping[str, Control] = field(default_factory=dict)
    partial: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()
    trials: Sequence[TrialResult] = ()
    events: Sequence[Event] = ()
    events_given: bool = False
    searched: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    short: frozenset[str] = frozenset()
    unread_captures: tuple[str, ...] = ()
    dropped: int = 0
    modified_firmware: bool = False
    clocks_differ_s: float = 0.0
