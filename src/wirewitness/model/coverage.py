"""Coverage: what was captured and what of it was readable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wirewitness.model.instant import Instant


@dataclass(frozen=True, slots=True)
class Opaque:
    """Unread bytes that left the phone for one destination, for one reason (of the core's closed list)."""

    destination: str
    up_bytes: int
    reason: str
    flows: int


@dataclass(frozen=True)
class Refused:
    """What was tried and came to nothing.

    Connections that were refused, reset, never answered or aborted in the handshake, certificates that were
    rejected, and names asked for that no connection followed. `app`: the one that a recorder names, or empty.
    """

    destination: str
    attempts: int
    how: str
    app: str
    first: Instant
    last: Instant


@dataclass(frozen=True)
class LiveSpan:
    """A span of time in which the capture was running: proven, or only not disproven."""

    from_: Instant
    until: Instant
    live: Literal["proven", "unproven"]


@dataclass(frozen=True)
class ConditionCoverage:
    """How much was captured under one condition of the phone. Hours are those in which the capture ran."""

    condition: dict[str, str]
    hours: float
    up_bytes: int
    readable_up_bytes: int


@dataclass(frozen=True)
class DestinationCoverage:
    """One destination under one condition of the phone.

    `hours_missing`: those without capture in the period of a claim.

    `opaque`: unread bytes by reason. `hidden_bytes`: the largest upload that could have gone unseen there,
    all that is unread or missing; what a refused attempt or a missing hour would have held has no size.
    `blinds`: claims that cannot be told and look at this.
    """

    destination: str
    condition: dict[str, str]
    hours: float
    hours_missing: float
    up_bytes: int
    readable_up_bytes: int
    opaque: dict[str, int]
    gap_bytes: int
    refused: int
    hidden_bytes: int
    blinds: tuple[str, ...]


@dataclass(frozen=True)
class HiddenRoom:
    """At how many destinations an upload of `bytes` could have gone unseen, with those that hide most."""

    bytes: int
    destinations: int
    largest: tuple[str, ...]


@dataclass(frozen=True)
class UnexplainedTokens:
    """Tokens of the shape of a digest that one field sent again and again and that nothing explains.

    One of them may be an identifier that was hashed in an unknown way, or a name that an app gave itself.
    `messages` and `tokens` (different ones) are counted.
    """

    destination: str
    field: str
    messages: int
    tokens: int


@dataclass(frozen=True)
class OtherDevices:
    """Traffic in the captures that is not the phone's."""

    flows: int
    bytes: int


@dataclass(frozen=True)
class Coverage:
    """The whole of it, for the phone's traffic. `hours` counts proven and unproven spans alike."""

    up_bytes: int
    readable_up_bytes: int
    handshake_up_bytes: int
    gaps: int
    gap_bytes: int
    hours: float
    opaque: tuple[Opaque, ...]
    refused: tuple[Refused, ...]
    spans: tuple[LiveSpan, ...]
    conditions: tuple[ConditionCoverage, ...]
    other_devices: OtherDevices
    tokens: tuple[UnexplainedTokens, ...] = ()
    table: tuple[DestinationCoverage, ...] = ()
    hidden: tuple[HiddenRoom, ...] = ()
