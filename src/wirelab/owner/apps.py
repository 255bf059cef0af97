"""Apps on the phone.

A few have names that nobody else would send: they are the facts of kind ``app_list``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_COMMON = (
    "com.pigeon.chat",
    "com.dailyreader.news",
    "com.streambrook.player",
    "com.mapnest.android",
    "com.skytile.weather",
    "com.appmarket.store",
)
_WORDS = ("amber", "birch", "cobalt", "dune", "ember", "fjord", "garnet", "heron", "iris", "juniper")


def make_apps(rng: random.Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All package names, and among them those that are facts."""
    rare = tuple(
        f"org.{rng.choice(_WORDS)}{rng.choice(_WORDS)}.{kind}{rng.randrange(100, 999)}"
        for kind in ("diary", "health", "wallet")
    )
    return _COMMON + rare, rare
