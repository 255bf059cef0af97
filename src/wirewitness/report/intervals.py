"""The plot of a rhythm: how long the pauses between contacts were, counted into bars around the period."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from wirewitness.find.tables import single_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wirewitness.model.rhythm import Rhythm

BINS = 48
PERIODS = 3
MOST_TIMES = 20_000
WIDTH, HEIGHT = 240.0, 44.0


@dataclass(frozen=True)
class Bar:
    """One bar, in SVG user units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plot:
    """Bars over pauses from 0 to three periods; `periods` are the places of one, two and three periods."""

    bars: tuple[Bar, ...]
    periods: tuple[float, ...]
    beyond: int
    pauses: int


def read_times(folder: Path, destinations: Iterable[str]) -> dict[str, list[int]]:
    """The begin of each flow to a destination, in nanoseconds, from the tables; {} where there are none."""
    table = folder / "tables" / "flow.parquet"
    if not table.is_file():
        return {}
    times: dict[str, list[int]] = {}
    with single_table() as db:
        for one in dict.fromkeys(destinations):
            rows = db.execute(
                "SELECT first_ns FROM read_parquet(?) WHERE coalesce(nullif(host, ''), server) = ? "
                "AND phone <> 'none' ORDER BY 1 LIMIT ?",
                [str(table), one, MOST_TIMES],
            ).fetchall()
            times[one] = [int(row[0]) for row in rows]
    return times


def draw_rhythm(rhythm: Rhythm, times: Sequence[int]) -> Plot | None:
    """The plot for a rhythm; None when there are too few contacts for one."""
    if len(times) < 4 or rhythm.period_s <= 0:
        return None
    width_s = PERIODS * rhythm.period_s / BINS
    counts = Counter(int((after - before) / 1e9 / width_s) for before, after in pairwise(times))
    beyond = sum(count for place, count in counts.items() if place >= BINS)
    most = max((count for place, count in counts.items() if place < BINS), default=0)
    if not most:
        return None
    step = WIDTH / BINS
    bars = tuple(
        Bar(round(place * step, 1), round(HEIGHT * (1 - count / most), 1), round(step - 0.8, 1), height)
        for place, count in sorted(counts.items())
        if place < BINS and (height := round(max(HEIGHT * count / most, 1), 1))
    )
    periods = tuple(round(WIDTH * n / PERIODS, 1) for n in range(1, PERIODS + 1))
    return Plot(bars, periods, beyond, len(times) - 1)
