"""Small honest worlds from a seed: whatever happens in them, nobody does what the claims accuse anyone of."""

from __future__ import annotations

import random

from small_world import API, HOSTS, UPLOAD, SmallWorld, _base, at
from trial_world import chatter, plan_of, trials_of

SIGHTS = ("keys", "partial", "no_events", "none", "none_with_trials")
NEVER = {
    "C5": "supported",
    "C6": "supported",
    "C7": "supported",
    "V1": "contradicted",
    "V2": "contradicted",
    "V3": "contradicted",
}
"""What would accuse somebody; C1, C2 and C4 too, where nothing of the kind was sent."""


def honest_world(seed: int, sight: str) -> tuple[SmallWorld, set[str]]:
    """A world and the kinds that the owner's own backup sent in the claims' period."""
    rng = random.Random(seed)
    unread = frozenset({UPLOAD} if sight == "partial" else ())
    world = _base(keys=not sight.startswith("none"), events=sight != "no_events", unread=unread)
    sent = _backup(world, rng) if rng.random() < 0.4 else set()
    for _ in range(rng.choice((0, 1, 2, 3, 5, 8, 13, 25))):
        _deed(world, rng)
    for time in sorted(rng.uniform(1, 4) for _ in range(rng.randint(0, 80))):
        world.contact(API, at(0, 24 * time))
    if sight == "none_with_trials":
        chatter(world, size=rng.choice([500, 20_000, 900_000]), every_h=rng.uniform(0.2, 3), seed=seed)
        world.trials = trials_of(plan_of(f"seed {seed}"), f"seed {seed}")
    return world, sent


def refusing_world(seed: int) -> SmallWorld:
    """A world whose vendor's apps let themselves be read on the control day, and refuse ever after.

    What else goes on stays readable: by far the most of the bytes.
    """
    rng = random.Random(seed)
    world = _base()
    for time in sorted(rng.uniform(0, 95) for _ in range(rng.randint(5, 40))):
        world.upload("tracker.example", at(0, time), size=rng.randint(10_000, 2_000_000))
    vendor = [(rng.choice([API, UPLOAD]), rng.uniform(24, 95)) for _ in range(rng.randint(0, 60))]
    for host, hour in sorted([*vendor, (API, 30.0), (UPLOAD, 31.0), (API, 80.0)], key=lambda one: one[1]):
        how = rng.choice(["aborted_handshake", "aborted_handshake", "reset"])
        world.refuse(host, at(0, hour), how)
        world.rows["flow"][-1]["app"] = "com.vendor.cloud"
    return world


def _backup(world: SmallWorld, rng: random.Random) -> set[str]:
    """The owner turns the backup on himself, and off again; what goes up meanwhile is agreed to."""
    begin, end = sorted(rng.sample(range(26, 70), 2))
    world.state(at(0, begin), "backup", "on", "owner")
    world.state(at(0, end + 1), "backup", "off", "owner")
    world.consents.append(
        {"id": "own", "data": ["photo", "sms.body", "contact"], "hosts": HOSTS, "purpose": "backup",
         "from": at(0, begin), "until": at(0, end + 1), "when": {"backup": "on"}}
    )  # fmt: skip
    sent = set()
    for fact in ("photo:2", "sms:1", "contact:1"):
        if rng.random() < 0.7:
            hour = rng.uniform(begin + 0.1, end + 0.9)
            world.upload(UPLOAD, at(0, hour), fact, size=9000)
            sent.add({"photo:2": "photo", "sms:1": "sms.body", "contact:1": "contact"}[fact])
    return sent


def _deed(world: SmallWorld, rng: random.Random) -> None:
    """Something that happens on any phone, at any time of the claims' period."""
    time = at(1, rng.uniform(0, 71.5))
    host = rng.choice([API, UPLOAD, "tracker.example"])
    match rng.randrange(7):
        case 0:
            world.upload(host, time, size=rng.randint(100, 90_000))
        case 1:
            world.flow(host, time, up=rng.randint(1, 500_000), readable=False)
        case 2:
            world.refuse(host, time)
        case 3:
            world.answer(host, time, *rng.sample(["update offer", "recommendations"], rng.randint(0, 2)))
        case 4:
            world.upload(host, time, shapes=("imei field",))
        case 5:
            world.upload("tracker.example", time, rng.choice(["imei", "photo:1", "sms:1"]))
        case 6:
            world.flow("", time, up=rng.randint(1, 9_000), readable=False, server="8.8.8.8", sni="")


def accusations(outcomes: dict[str, str], sent: set[str]) -> list[str]:
    """Claims by which somebody honest is accused."""
    wrong = [claim for claim, outcome in NEVER.items() if outcomes[claim] == outcome]
    if "photo" not in sent and outcomes["C1"] == "supported":
        wrong.append("C1")
    if "sms.body" not in sent and outcomes["C2"] == "supported":
        wrong.append("C2")
    if not sent & {"photo", "sms.body"} and outcomes["C4"] == "supported":
        wrong.append("C4")
    return wrong
