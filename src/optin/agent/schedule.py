"""When the agent speaks by itself: in slots that are the same for every phone, each moved by a fresh draw.

In: the time and a number drawn once on this phone. Nothing of the owner goes in, so that the moment of a
request tells nothing about its owner: neither the use of apps, nor when the network came back (a slot whose
window passed without a network is left out, not made up for), nor how wrong the phone's clock goes (each
slot is moved by up to :data:`JITTER`, drawn anew, so that slots of one phone have no offset in common).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SLOT = timedelta(minutes=30)
JITTER = timedelta(seconds=90)
WINDOW = timedelta(minutes=10)
"""How long after its moment a slot may still be used."""
SPREAD = timedelta(days=1)
"""The weekly report takes a slot of the week's first day, drawn anew for each week."""
_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Schedule:
    """One phone's schedule. ``draw`` is secret and never leaves."""

    draw: bytes

    def slot(self, now: datetime) -> str | None:
        """Name of the slot that may be used now; None between them."""
        number = int(now.timestamp() // SLOT.total_seconds())
        begin = datetime.fromtimestamp(number * SLOT.total_seconds(), UTC)
        begin += JITTER * self._share(f"slot {number}")
        return str(number) if begin <= now < begin + WINDOW else None

    def is_week_open(self, now: datetime) -> bool:
        """Whether the turn of this week's report has come: from a drawn moment of its Monday (UTC) on."""
        monday = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        monday -= timedelta(days=monday.weekday())
        return now >= monday + SPREAD * self._share(f"week {monday.date()}")

    def _share(self, use: str) -> float:
        """A number in [0, 1), the same for the same use: uniform, and unrelated from use to use."""
        drawn = hashlib.blake2b(use.encode(), key=self.draw, digest_size=8, person=b"optin schedule").digest()
        return int.from_bytes(drawn, "big") / _WHOLE
