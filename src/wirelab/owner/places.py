"""Places of the owner: coordinates with six decimals, near cities but at no address in particular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the Earth in WGS 84 degrees."""

    label: str
    latitude: float
    longitude: float

    @property
    def text(self) -> str:
        """``latitude,longitude`` with six decimals, the value of the fact."""
        return f"{self.latitude:.6f},{self.longitude:.6f}"


def make_places(rng: random.Random) -> tuple[Place, ...]:
    """Home, work and a park, some kilometres apart."""
    city = rng.choice(((22.30, 114.17), (48.11, -1.68), (25.04, 121.53), (45.76, 4.84)))
    return tuple(
        Place(
            label, round(city[0] + rng.uniform(-0.05, 0.05), 6), round(city[1] + rng.uniform(-0.05, 0.05), 6)
        )
        for label in ("home", "work", "park")
    )
