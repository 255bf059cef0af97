"""A series of randomised trials as a trials file tells it (docs/reference/trials.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wirewitness.model.instant import Instant


@dataclass(frozen=True)
class Canary:
    """A planted fact. `file` is relative to the plan's folder; for texts it holds the text itself."""

    id: str
    kind: str
    bytes: int
    sha256: str
    file: str


@dataclass(frozen=True)
class Arm:
    """What may be done in a window. `code` is how many bytes are planted; 0 or 1 in a paired design."""

    id: str
    code: int


@dataclass(frozen=True)
class Window:
    """A half-open span; the stimulus of `arm` is given at its start. Arms are shuffled within a block."""

    id: str
    block: int
    start: Instant
    end: Instant
    arm: str
    canaries: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """Windows about one kind of data. `claims` are those that the series was registered to test.

    `lags_s` shift the windows for what leaves later: bytes are counted in [start + lag, end + lag).
    """

    id: str
    design: Literal["coded", "paired"]
    kind: str
    claims: tuple[str, ...]
    arms: tuple[Arm, ...]
    lags_s: tuple[int, ...]
    windows: tuple[Window, ...]

    @property
    def codes(self) -> tuple[int, ...]:
        """The code of each window, in the order of the windows."""
        by_arm = {arm.id: arm.code for arm in self.arms}
        return tuple(by_arm[window.arm] for window in self.windows)


@dataclass(frozen=True)
class Plan:
    """What was decided before the first window. `commitment` is the SHA-256 of the seed."""

    analysis: str
    commitment: str
    shuffles: int
    series: tuple[Series, ...]
    canaries: tuple[Canary, ...]


@dataclass(frozen=True)
class Done:
    """What the tester did in a window, and when."""

    window: str
    time: Instant
    what: Literal["done", "skipped"]
    note: str


@dataclass(frozen=True)
class TrialsDocument:
    """The members of a trials file, as they stand in it."""

    format: Literal["wirewitness-trials/1"]
    plan: Plan
    plan_sha256: str
    seed: str | None
    done: tuple[Done, ...]


@dataclass(frozen=True)
class Trials:
    """A trials file that was read: `changed` when the plan is not the one of the hash that stands beside it.

    `sha256` is that of the plan as it is now. `opened`: the seed was given, and it is the committed one.
    """

    plan: Plan
    sha256: str
    changed: bool
    opened: bool
    done: tuple[Done, ...]
