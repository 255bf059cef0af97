"""Randomised trials: what a tester plants in which hour, drawn from a committed seed, for who has no keys.

Each hour of the days that the claims speak of has a window for photos and one for text messages. What is
planted at the start of a window is nothing or a thing of one of five sizes, as the seed decides; whoever
then sees bytes leave that follow the sizes has seen these things leave. The file is the one of
docs/reference/trials.md; the rule by which the seed decides stands there too.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import rfc8785
from PIL import Image

from optin.protocol.moment import render_moment
from wirelab.owner.messages import Message
from wirelab.owner.photos import Photo, draw_scene

if TYPE_CHECKING:
    from wirelab.owner.person import Owner
    from wirelab.stage import Stage

FORMAT = "wirewitness-trials/1"
ANALYSIS = "size-coded-max-t/1"
SHUFFLES = 9_999
TESTER = "tester"
Item: TypeAlias = Photo | Message


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of thing.

    ``sizes`` in bytes by arm; planted at ``minute`` of each hour, watched for ``minutes``.
    """

    id: str
    kind: str
    claims: tuple[str, ...]
    sizes: Mapping[str, int]
    minute: int
    minutes: int = 24


def _sizes(least: int) -> dict[str, int]:
    """Nothing, and five sizes from the least on, each 1.6 times the one before: they cannot be mistaken."""
    sizes = [round(least * 1.6**step) for step in range(5)]
    return {"none": 0, **{f"{size}B": size for size in sizes}}


SERIES = (
    Series("T-photo", "photo", ("C1", "V2"), _sizes(48_000), 2),
    Series("T-sms", "sms.body", ("C2", "V2"), _sizes(10_000), 32),
)
LAGS_S = (0, 1800)
BLOCK_HOURS = 6
"""Arms are drawn within a quarter of a day, each once: what differs by the time of day weighs on none."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window; ``item`` is None where nothing is planted. Blocks count from 1."""

    series: Series
    id: str
    block: int
    start: datetime
    arm: str
    item: Item | None

    @property
    def end(self) -> datetime:
        """Half-open."""
        return self.start + timedelta(minutes=self.series.minutes)


@dataclass(frozen=True, slots=True)
class Trials:
    """A plan with its canaries."""

    seed: str
    windows: tuple[Window, ...]

    def items(self) -> Iterator[Item]:
        """Everything planted, in order."""
        for window in self.windows:
            if window.item is not None:
                yield window.item

    def schedule(self, stage: Stage) -> None:
        """Put the tester's plantings into the clock."""
        for window in self.windows:
            if window.item is not None:
                stage.at(window.start, _planting(stage, window.item))

    def render(self) -> str:
        """``trials.json``, after the last window: with the seed opened."""
        plan: Any = {
            "analysis": ANALYSIS,
            "commitment": hashlib.sha256(self.seed.encode()).hexdigest(),
            "shuffles": SHUFFLES,
            "series": [self._series(series) for series in SERIES],
            "canaries": [_canary(item) for item in self.items()],
        }
        done = [
            {"window": window.id, "time": render_moment(window.start), "what": "done", "note": ""}
            for window in self.windows
        ]
        document = {
            "format": FORMAT,
            "plan": plan,
            "plan_sha256": hashlib.sha256(rfc8785.dumps(plan)).hexdigest(),
            "seed": self.seed,
            "done": done,
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    def _series(self, series: Series) -> dict[str, Any]:
        return {
            "id": series.id,
            "design": "coded",
            "kind": series.kind,
            "claims": list(series.claims),
            "arms": [{"id": arm, "code": size} for arm, size in series.sizes.items()],
            "lags_s": list(LAGS_S),
            "windows": [
                {
                    "id": window.id,
                    "block": window.block,
                    "start": render_moment(window.start),
                    "end": render_moment(window.end),
                    "arm": window.arm,
                    "canaries": [] if window.item is None else [window.item.fact],
                }
                for window in self.windows
                if window.series is series
            ],
        }


def plan_trials(seed: int, owner: Owner, start: datetime, days: int) -> Trials:
    """Windows of both series in every hour of ``days`` days from ``start`` on."""
    rng = random.Random(f"{seed}/trials")
    secret = rng.randbytes(16).hex()
    windows = []
    for series in SERIES:
        for block in range(days * 24 // BLOCK_HOURS):
            hours = range(block * BLOCK_HOURS, (block + 1) * BLOCK_HOURS)
            names = [f"{series.id}-{hour:03}" for hour in hours]
            arms = draw_arms(secret, series.id, names, tuple(series.sizes))
            for hour, name in zip(hours, names, strict=True):
                begin = start + timedelta(hours=hour, minutes=series.minute)
                item = _item(rng, owner, series, series.sizes[arms[name]], name)
                windows.append(Window(series, name, block + 1, begin, arms[name], item))
    return Trials(secret, tuple(_numbered(windows, owner)))


def draw_arms(seed: str, series: str, names: Sequence[str], arms: Sequence[str]) -> dict[str, str]:
    """The arm of each window of one block: in the order of their digests under the seed, the arms in turn."""
    ordered = sorted(names, key=lambda name: hashlib.sha256(f"{seed}\n{series}\n{name}".encode()).hexdigest())
    return {name: arms[place % len(arms)] for place, name in enumerate(ordered)}


def _planting(stage: Stage, item: Item) -> Any:
    def plant() -> None:
        stage.diary.act("plant", item.fact, TESTER)
        stage.take_new(item)

    return plant


def _item(rng: random.Random, owner: Owner, series: Series, size: int, name: str) -> Item | None:
    if not size:
        return None
    if series.kind == "photo":
        return Photo(f"CANARY_{name}.jpg", "image/jpeg", _photo(rng, size))
    # Its number and time are those of its window, set when all windows are known.
    return Message(0, owner.contacts[0], True, owner.messages[-1].time, _text(rng, size))


def _numbered(windows: list[Window], owner: Owner) -> Iterator[Window]:
    """Messages get the numbers after the owner's own, in the order of his file."""
    number = len(owner.messages)
    for window in windows:
        item = window.item
        if isinstance(item, Message):
            number += 1
            item = replace(item, number=number, time=window.start)
        yield replace(window, item=item)


def _photo(rng: random.Random, size: int) -> bytes:
    """A JPEG of exactly so many bytes: a scene, and comment segments of noise (ISO/IEC 10918-1, B.2.4)."""
    width, height = (640, 480) if size < 200_000 else (1024, 768)
    quality = 80
    while True:
        out = io.BytesIO()
        scene: Image.Image = draw_scene(rng, width, height)
        scene.save(out, "JPEG", quality=quality)
        data = out.getvalue()
        if len(data) + 4 <= size:
            break
        quality -= 10
    missing = size - len(data)
    comments = b""
    while missing > 0:
        # Never leave a rest too short for a segment of its own.
        take = missing if missing <= 60_000 else min(60_000, missing - 4)
        comments += b"\xff\xfe" + (take - 2).to_bytes(2, "big") + rng.randbytes(take - 4)
        missing -= take
    return data[:2] + comments + data[2:]


def _text(rng: random.Random, size: int) -> str:
    """A long message of words that nobody says, of exactly so many bytes."""
    words: list[str] = []
    length = 0
    while length <= size:
        word = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randrange(4, 11)))
        words.append(word)
        length += len(word) + 1
    return " ".join(words)[:size]


def _canary(item: Item) -> dict[str, Any]:
    if isinstance(item, Photo):
        kind, data, file = "photo", item.data, f"photos/{item.name}"
    else:
        kind, data, file = "sms.body", item.body.encode(), ""
    return {
        "id": item.fact,
        "kind": kind,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "file": file,
    }
