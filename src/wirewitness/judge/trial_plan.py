"""A plan of randomised trials: windows and sizes from a seed, as a trials file that nothing was done for yet.

Pure: the seed and the times are passed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from wirewitness.judge.trials_reader import ANALYSIS, FORMAT, LEAST_SHUFFLES, draw_arms, plan_sha256
from wirewitness.model.errors import ArgumentError
from wirewitness.model.instant import Instant

PHOTO_CODES = (0, *(int(128 * 1024 * 64 ** (step / 8)) for step in range(9)))
"""Bytes of a photo: none, and nine sizes from 128 KiB to 8 MiB."""
MESSAGE_BYTES = 600
MESSAGE_CODES = (0, *(MESSAGE_BYTES * count for count in (2, 3, 5, 7, 10, 15, 22, 33, 50)))
"""Bytes of text messages: none, and 2 to 50 messages of 600 bytes."""
CODES: Mapping[str, tuple[int, ...]] = {"photo": PHOTO_CODES, "sms.body": MESSAGE_CODES}
MINUTES_A_WINDOW = 3
"""Hands-on time of a tester for one window."""


@dataclass(frozen=True)
class Schedule:
    """When windows may begin: every `every_min` within `hours` (UTC; first > last: over midnight)."""

    start: datetime
    window_min: int = 30
    every_min: int = 120
    hours: tuple[int, int] = (0, 24)
    nights: bool = False

    def starts(self, count: int) -> list[datetime]:
        """The first `count` moments from `start` on."""
        if self.nights:
            return [self.start + timedelta(days=night) for night in range(count)]
        if self.every_min < self.window_min:
            raise ArgumentError("windows would overlap: begin them at least as far apart as they are long")
        found: list[datetime] = []
        moment = self.start
        while len(found) < count:
            if self._fits(moment):
                found.append(moment)
            moment += timedelta(minutes=self.every_min)
            if moment - self.start > timedelta(days=3_650):
                raise ArgumentError("no window fits into these hours of the day; give others with --hours")
        return found

    def _fits(self, moment: datetime) -> bool:
        first, last = self.hours
        end = moment + timedelta(minutes=self.window_min) - timedelta(seconds=1)
        return all(_within(at.hour, first, last) for at in (moment, end))


def _within(hour: int, first: int, last: int) -> bool:
    return first <= hour < last if first < last else hour >= first or hour < last


@dataclass(frozen=True)
class Wanted:
    """What is to be tried: a series about a kind of data for some claims."""

    kind: str
    claims: tuple[str, ...]
    windows: int
    lags_min: tuple[int, ...] = (0, 60)

    @property
    def id(self) -> str:
        """The id of the series."""
        return f"T-{self.kind.partition('.')[0]}"


def make_trials(
    wanted: Wanted, schedule: Schedule, seed: str, plant: Callable[[str, str, int], str]
) -> dict[str, Any]:
    """The trials file, the seed sealed. `plant` makes (id, kind, bytes) and gives its SHA-256."""
    if wanted.kind not in CODES:
        raise ArgumentError(f"trials can be planned for {', '.join(CODES)}, not for '{wanted.kind}'")
    codes = CODES[wanted.kind]
    if wanted.windows < len(codes) or wanted.windows % len(codes):
        raise ArgumentError(
            f"the number of windows should be a multiple of {len(codes)} (each size as often), such as "
            f"{2 * len(codes)}; at least 20 are needed for evidence"
        )
    arms = [{"id": _arm_id(code), "code": code} for code in codes]
    starts = schedule.starts(wanted.windows)
    names = [(f"{wanted.id}-{n + 1:02}", n // len(codes) + 1) for n in range(wanted.windows)]
    drawn = draw_arms(seed, wanted.id, names, [str(arm["id"]) for arm in arms])
    windows, canaries = [], []
    for (name, block), arm, start in zip(names, drawn, starts, strict=True):
        code = codes[[one["id"] for one in arms].index(arm)]
        planted = canaries_of(wanted.kind, name, code, plant)
        canaries += planted
        end = start + timedelta(minutes=schedule.window_min)
        windows.append(
            {
                "id": name,
                "block": block,
                "start": Instant.of(start).text,
                "end": Instant.of(end).text,
                "arm": arm,
                "canaries": [one["id"] for one in planted],
            }
        )
    plan = {
        "analysis": ANALYSIS,
        "commitment": hashlib.sha256(seed.encode()).hexdigest(),
        "shuffles": LEAST_SHUFFLES,
        "series": [
            {
                "id": wanted.id,
                "design": "coded",
                "kind": wanted.kind,
                "claims": list(wanted.claims),
                "arms": arms,
                "lags_s": [minutes * 60 for minutes in wanted.lags_min],
                "windows": windows,
            }
        ],
        "canaries": canaries,
    }
    return {"format": FORMAT, "plan": plan, "plan_sha256": plan_sha256(plan), "seed": None, "done": []}


def _arm_id(code: int) -> str:
    return "none" if code == 0 else f"{code}B"


def canaries_of(
    kind: str, window: str, code: int, plant: Callable[[str, str, int], str]
) -> list[dict[str, Any]]:
    """What is planted in a window: one photo of that size, or messages."""
    if code == 0:
        return []
    if kind == "photo":
        sizes, suffix = [(f"canary-{window}", code)], ".jpg"
    else:
        count = code // MESSAGE_BYTES
        sizes, suffix = [(f"canary-{window}-{n:02}", MESSAGE_BYTES) for n in range(1, count + 1)], ""
    return [
        {
            "id": name,
            "kind": kind,
            "bytes": size,
            "sha256": plant(name, kind, size),
            "file": f"photos/{name}{suffix}" if suffix else "",
        }
        for name, size in sizes
    ]


def days_of(starts: Sequence[datetime]) -> int:
    """Calendar days (UTC) on which a tester is needed."""
    return len({moment.astimezone(UTC).date() for moment in starts})
