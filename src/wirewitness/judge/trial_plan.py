"""A plan of randomised trials: windows and sizes from a seed, as a trials file that nothing was done for yet.

Pure: the seed and the times are passed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from wirewitness.judge.trial_evidence import LEAST_WINDOWS
from wirewitness.judge.trials_reader import ANALYSIS, FORMAT, LEAST_SHUFFLES, draw_arms, plan_sha256
from wirewitness.model.errors import ArgumentError
from wirewitness.model.instant import Instant

PHOTO_CODES = (0, *(int(128 * 1024 * 64 ** (step / 8)) for step in range(9)))
"""Bytes of a photo: none, and nine sizes from 128 KiB to 8 MiB."""
MESSAGE_BYTES = 600
MESSAGE_CODES = (0, *(MESSAGE_BYTES * count for count in (2, 3, 5, 7, 10, 15, 22, 33, 50)))
"""Bytes of text messages: none, and 2 to 50 of 600 bytes."""
CONTACT_BYTES = 4_000
CONTACT_CODES = tuple(code // MESSAGE_BYTES * CONTACT_BYTES for code in MESSAGE_CODES)
"""Bytes of contacts: none, and 2 to 50 whose note fills them up to 4,000 bytes."""
CODES: Mapping[str, tuple[int, ...]] = {
    "photo": PHOTO_CODES,
    "sms.body": MESSAGE_CODES,
    "contact": CONTACT_CODES,
}
PAIRED_CODES: Mapping[str, int] = {kind: codes[5] for kind, codes in CODES.items()}
"""Bytes planted in every window of a paired design: as many whether the setting is on or off."""
LEAST_PAIRS = 14
"""With fewer no draw can reach an e-value of 1,000, however clearly the setting shows."""
MINUTES_A_WINDOW = 3
"""Hands-on time of a tester for one window."""
NIGHT_MIN = 480
"""Minutes of a window that is a night."""


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
            if self.window_min > 24 * 60:
                raise ArgumentError("windows would overlap: one a night lasts a day at most")
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
    """What is to be tried: a series about a kind of data for some claims.

    `setting`: in a paired design, the state that is turned on or off; then every window plants as much.
    """

    kind: str
    claims: tuple[str, ...]
    windows: int
    lags_min: tuple[int, ...] = (0, 60)
    setting: str | None = None

    @property
    def id(self) -> str:
        """The id of the series."""
        return f"T-{self.setting or self.kind.partition('.')[0]}"

    @property
    def arms(self) -> dict[str, int]:
        """Each arm with its code; `ArgumentError` when so few windows could never show anything."""
        if self.kind not in CODES:
            raise ArgumentError(f"trials can be planned for {', '.join(CODES)}, not for '{self.kind}'")
        if self.setting is not None:
            if self.windows % 2 or self.windows < 2 * LEAST_PAIRS:
                raise ArgumentError(
                    f"a paired design needs an even number of windows, and {2 * LEAST_PAIRS} at least: with "
                    f"{self.windows} it could never show anything, however clear the difference"
                )
            return {"off": 0, "on": 1}
        codes = CODES[self.kind]
        if self.windows < LEAST_WINDOWS or self.windows % len(codes):
            raise ArgumentError(
                f"the number of windows should be a multiple of {len(codes)} (each size as often), and "
                f"{LEAST_WINDOWS} at least: fewer could never show anything"
            )
        return {_arm_id(code): code for code in codes}

    def planted(self, code: int) -> int:
        """Bytes to plant in a window of that code."""
        return code if self.setting is None else PAIRED_CODES[self.kind]


def make_trials(
    wanted: Wanted, schedule: Schedule, seed: str, plant: Callable[[str, str, int], str]
) -> dict[str, Any]:
    """The trials file, the seed sealed. `plant` makes (id, kind, bytes) and gives its SHA-256."""
    arms = wanted.arms
    starts = schedule.starts(wanted.windows)
    names = [(f"{wanted.id}-{n + 1:02}", n // len(arms) + 1) for n in range(wanted.windows)]
    drawn = draw_arms(seed, wanted.id, names, list(arms))
    windows, canaries = [], []
    for (name, block), arm, start in zip(names, drawn, starts, strict=True):
        planted = canaries_of(wanted.kind, name, wanted.planted(arms[arm]), plant)
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
                "design": "coded" if wanted.setting is None else "paired",
                "kind": wanted.kind,
                "claims": list(wanted.claims),
                "arms": [{"id": arm, "code": code} for arm, code in arms.items()],
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
    """What is planted in a window: one photo of that size, or messages, or contacts in one file."""
    if code == 0:
        return []
    if kind == "photo":
        sizes, file = [(f"canary-{window}", code)], f"photos/canary-{window}.jpg"
    else:
        each = CONTACT_BYTES if kind == "contact" else MESSAGE_BYTES
        sizes = [(f"canary-{window}-{n:02}", each) for n in range(1, code // each + 1)]
        file = f"contacts/{window}.vcf" if kind == "contact" else ""
    return [
        {"id": name, "kind": kind, "bytes": size, "sha256": plant(name, kind, size), "file": file}
        for name, size in sizes
    ]


def days_of(starts: Sequence[datetime]) -> int:
    """Calendar days (UTC) on which a tester is needed."""
    return len({moment.astimezone(UTC).date() for moment in starts})
