"""Measures how well rhythms are found, beside RITA's published scores: the figures of docs/method/rhythm.md.

    python tools/measure_rhythm.py               # two minutes
    python tools/measure_rhythm.py --series 50   # a quick look; leaves the page as it is

Series of which the nature is known (`rhythm_series.py`), with fixed seeds: the same figures every time.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

from clopper_pearson import lower_bound, upper_bound
from figures_block import METHOD, put_figures
from rhythm_series import NOTHING, RHYTHMS, Kind
from rita_score import rita_first, rita_times, rita_whole

from wirewitness.find.rhythm import find_series_rhythms
from wirewitness.model.instant import NS

PAGE = METHOD / "rhythm.md"
START = 1_405_814_400
RHYTHM_SERIES, NULL_SERIES = 300, 600
NEAR = 0.03
"""How far a period that counts as found may be off."""
SCORES = {"RITA, first": rita_first, "RITA 4 and 5, times": rita_times, "RITA 5": rita_whole}


@dataclass
class Measured:
    """Of one kind: how many series show a rhythm, the right ones, and RITA's scores of them."""

    kind: Kind
    series: int = 0
    found: int = 0
    right: int = 0
    errors: list[float] = field(default_factory=list)
    scores: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SCORES})
    seconds: float = 0.0


def main() -> int:
    """Measure; exit code 1 when a figure that the page promises is not reached."""
    parser = argparse.ArgumentParser(description="Measure how well rhythms are found.")
    parser.add_argument("--series", type=int, help="series of each kind; the page stays as it is")
    options = parser.parse_args()
    tasks = [(kind, options.series or RHYTHM_SERIES) for kind in RHYTHMS]
    tasks += [(kind, options.series or NULL_SERIES) for kind in NOTHING]
    with ProcessPoolExecutor(2) as workers:
        measured = list(workers.map(measure, *zip(*tasks, strict=True)))
    rhythms, nothing = measured[: len(RHYTHMS)], measured[len(RHYTHMS) :]
    text = render(rhythms, nothing)
    if options.series is None:
        put_figures(PAGE, "tools/measure_rhythm.py", text)
    print(text)
    return 0 if holds(rhythms, nothing) else 1


def measure(kind: Kind, series: int) -> Measured:
    """So many series of a kind, each by the detector and by RITA's scores."""
    rng, seen = random.Random(f"rhythm {kind.name}"), Measured(kind)  # noqa: S311 - a seed, to make it again
    for _ in range(series):
        made = kind.make(rng)
        times = sorted({START + int(second) for second in made.times})
        start = time.process_time()
        found = find_series_rhythms("host", [second * NS for second in times])
        seen.seconds += time.process_time() - start
        seen.series += 1
        seen.found += bool(found)
        errors = [min((abs(one.period_s - p) / p for one in found), default=1.0) for p in made.periods]
        if errors and max(errors) <= NEAR:
            seen.right += 1
            seen.errors += errors
        for name, score in SCORES.items():
            seen.scores[name].append(score(times))
    return seen


def holds(rhythms: Sequence[Measured], nothing: Sequence[Measured]) -> bool:
    """The figures that are promised: at most 1 % false, 95 % with missed beats, 85 % with doze as well."""
    false = sum(one.found for one in nothing if one.kind.held_out)
    asked = sum(one.series for one in nothing if one.kind.held_out)
    recall = {one.kind.name: one.right / one.series for one in rhythms}
    return false <= 0.01 * asked and recall["missed"] >= 0.95 and recall["dozed_missed"] >= 0.85


def render(rhythms: Sequence[Measured], nothing: Sequence[Measured]) -> str:
    """The tables."""
    bars = {name: _bar([v for one in nothing for v in one.scores[name]]) for name in SCORES}
    heads = " | ".join(f"{name} > {bar:.2f}" for name, bar in bars.items())
    lines = [
        f"| rhythm | right | interval | mean error | {heads} |",
        "|---|--:|--:|--:|" + "--:|" * len(SCORES),
    ]
    for one in rhythms:
        low, high = interval(one.right, one.series)
        shares = " | ".join(
            f"{sum(v > bar for v in one.scores[name]) / one.series:.3f}" for name, bar in bars.items()
        )
        error = f"{sum(one.errors) / max(1, len(one.errors)):.1%}"
        right = f"{one.right}/{one.series} | {low:.3f} to {high:.3f}"
        lines.append(f"| {_name(one.kind)} | {right} | {error} | {shares} |")
    lines += [
        "",
        f"| no rhythm | found | at most | {' | '.join(SCORES)} |",
        "|---|--:|--:|" + "--:|" * len(SCORES),
    ]
    for one in nothing:
        lines.append(_row(_name(one.kind), one.found, one.series, [one], bars))
    for name, chosen in (
        ("**held out, all**", [one for one in nothing if one.kind.held_out]),
        ("**all**", list(nothing)),
    ):
        found, series = sum(one.found for one in chosen), sum(one.series for one in chosen)
        lines.append(_row(name, found, series, chosen, bars))
    worst = max(error for one in rhythms for error in one.errors)
    count = sum(one.series for one in nothing)
    cost = sum(one.seconds for one in nothing) / count
    lines += ["", f"Largest error of a right period: {worst:.1%}. Held out are the kinds marked *h*."]
    lines += [f"One series without a rhythm costs {cost * 1000:.1f} ms on the mean (one core)."]
    return "\n".join(lines) + "\n"


def _name(kind: Kind) -> str:
    return f"{kind.what}{' *h*' if kind.held_out else ''}"


def _row(name: str, found: int, series: int, of: Sequence[Measured], bars: dict[str, float]) -> str:
    shares = " | ".join(
        f"{sum(v > bar for one in of for v in one.scores[score]) / series:.3f}" for score, bar in bars.items()
    )
    return f"| {name} | {found}/{series} | {upper_bound(found, series, 0.05):.4f} | {shares} |"


def _bar(scores: list[float]) -> float:
    """The score that one in a hundred of these exceeds: the kindest bar for RITA at a false rate of 1 %."""
    return sorted(scores)[round(0.99 * len(scores)) - 1]


def interval(hits: int, of: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper and Pearson 1934)."""
    return lower_bound(hits, of, 0.025), upper_bound(hits, of, 0.025)


if __name__ == "__main__":
    sys.exit(main())
