"""A rhythm: periodic contact or upload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wirewitness.model.instant import Instant


@dataclass(frozen=True)
class Rhythm:
    """Period in seconds with a 95 % interval; `count` events seen, `missed` beats within the span.

    `p` is the share of random series that look as regular as this one (the null test).
    """

    destination: str
    what: Literal["contact", "upload"]
    period_s: float
    low_s: float
    high_s: float
    count: int
    missed: int
    p: float
    from_: Instant
    until: Instant
