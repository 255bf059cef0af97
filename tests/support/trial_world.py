"""Randomised trials in a small world: a plan as `wirewitness plan` would make it, and phones that upload or not."""

from __future__ import annotations

import hashlib
import random

from small_world import NS, START, UPLOAD, SmallWorld, as_alleged, at

from wirewitness.judge.trials_reader import draw_arms, plan_sha256
from wirewitness.model.instant import Instant

ARMS = [("none", 0), *((f"{n}", int(128 * 1024 * 64 ** ((n - 1) / 8))) for n in range(1, 10))]
"""Ten arms: nothing, and nine sizes from 128 KiB to 8 MiB."""


def plan_of(
    seed: str = "seed",
    *,
    series: str = "T-photo",
    kind: str = "photo",
    claims: tuple[str, ...] = ("C1", "V2"),
    blocks: int = 2,
    day: int = 1,
    arms: list[tuple[str, int]] | None = None,
    lags: tuple[int, ...] = (0, 3600),
) -> dict:
    """One series: a window of half an hour each two hours, from the morning of `day`."""
    arms = arms or ARMS
    count = blocks * len(arms)
    names = [(f"{series}-{n:02}", n // len(arms)) for n in range(count)]
    drawn = draw_arms(seed, series, names, [name for name, _ in arms])
    windows = [
        {"id": name, "block": block, "start": at(day, 2 + 2 * n).text, "end": at(day, 2.5 + 2 * n).text, "arm": arm,
         "canaries": []}
        for n, ((name, block), arm) in enumerate(zip(names, drawn, strict=True))
    ]  # fmt: skip
    return {
        "analysis": "size-coded-max-t/1",
        "commitment": hashlib.sha256(seed.encode()).hexdigest(),
        "shuffles": 9999,
        "series": [
            {"id": series, "design": "coded", "kind": kind, "claims": list(claims),
             "arms": [{"id": name, "code": code} for name, code in arms], "lags_s": list(lags), "windows": windows}
        ],
        "canaries": [],
    }  # fmt: skip


def trials_of(plan: dict, seed: str | None = "seed", **more: object) -> dict:
    """The file around a plan."""
    return {
        "format": "wirewitness-trials/1",
        "plan": plan,
        "plan_sha256": plan_sha256(plan),
        "seed": seed,
        "done": [],
        **more,
    }


def windows_of(plan: dict) -> list[tuple[Instant, int]]:
    """Start and planted bytes of each window of the first series."""
    series = plan["series"][0]
    codes = {arm["id"]: arm["code"] for arm in series["arms"]}
    return [(Instant.parse(w["start"]), codes[w["arm"]]) for w in series["windows"]]


def upload_planted(
    world: SmallWorld,
    plan: dict,
    *,
    share: float = 1.0,
    host: str = UPLOAD,
    ratio: float = 1.0,
    seed: int = 1,
    since: Instant = START,
) -> None:
    """A phone that uploads a share of what is planted, five minutes later; who has keys reads photos in it."""
    rng = random.Random(seed)
    for start, code in windows_of(plan):
        if code and start >= since and rng.random() < share:
            world.upload(host, Instant(start + 300 * NS), "photo:2", size=int(code * ratio) + 1500)


def chatter(
    world: SmallWorld, *, host: str = UPLOAD, size: int = 3000, every_h: float = 0.7, seed: int = 2
) -> None:
    """Other uploads, of changing size, that know nothing of the trials and carry nothing private."""
    rng = random.Random(seed)
    hour = 24.0
    while hour < 24 * world.days - 1:
        world.upload(host, at(0, hour), size=int(size * rng.uniform(0.5, 1.5)))
        hour += every_h * rng.uniform(0.5, 1.5)


def switched(pairs: int) -> SmallWorld:
    """A setting that uploads whenever it is on, in a paired design."""
    plan = plan_of(claims=("C1",), blocks=pairs, arms=[("off", 0), ("on", 1)], lags=(0,))
    plan["series"][0]["design"] = "paired"
    world = as_alleged(keys=False)
    for start, on in windows_of(plan):
        world.flow(UPLOAD, Instant(start + 300 * NS), up=90_000 if on else 900, readable=False)
    world.trials = trials_of(plan)
    return world
