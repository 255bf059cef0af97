"""A thousand small honest worlds with fresh seeds, under each visibility: how often is somebody accused?

    python tools/count_accusations.py                          # 1,000 worlds x 5 visibilities; half an hour
    python tools/count_accusations.py --count 50 --first 5000 --workers 1 --no-page

Writes the figures of docs/method/judging.md; exits with 1 when anybody was accused by bytes, or by trials
more often than their error rate explains. The worlds:
tests/support/honest_worlds.py. What is said besides is counted too: a judge that always says "cannot tell"
accuses nobody either.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

from clopper_pearson import lower_bound, upper_bound
from figures_block import METHOD, put_figures
from honest_worlds import SIGHTS, accusations, honest_world
from small_world import outcomes

from wirewitness.judge.trial_evidence import ALPHA

TEXT = """\
**Honest worlds.** {count:,} small worlds from the seeds {first} on, in which all that can happen on a
phone happens and nobody does what the claims accuse anyone of, each judged under {sights} visibilities
({verdicts:,} verdicts). By bytes that can be shown: **{wrong} accusations**; the share of worlds with one is
below {bound:.2%} (95 %, Clopper and Pearson 1934). By randomised trials, whose stated error rate is 0.1 % of
series: {chance} worlds of {count:,}, where {expected:.0f} is expected.

| visibility | shown (true) | not found under these conditions | unresolved |
|---|---|---|---|
{rows}
"""
TRIED = "none_with_trials"
MOST_BY_CHANCE = 0.01
"""So rarely would more worlds than were counted be accused by trials that keep their error rate."""
ORDER = (("supported", "contradicted"), ("not_observed", "withstood"), ("cannot_tell", "not_tested"))


@dataclass
class Counted:
    """Accusations as `seed sight claim`, and outcomes by sight."""

    wrong: list[str] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)


def judged(seed: int) -> Counted:
    """One world under every visibility."""
    counted = Counted()
    for sight in SIGHTS:
        world, sent = honest_world(seed, sight)
        with tempfile.TemporaryDirectory() as folder:
            found = outcomes(world.audit(Path(folder)))
        counted.wrong += [f"{seed} {sight} {claim}" for claim in accusations(found, sent)]
        counted.outcomes.update((sight, outcome) for outcome in found.values())
    return counted


def render(first: int, count: int, wrong: list[str], totals: Counter[tuple[str, str]]) -> str:
    """The figures as Markdown. `wrong` holds `seed sight claim`."""
    by_trials, by_bytes = split(wrong)
    rows = [
        f"| {sight.replace('_', ' ')} | "
        + " | ".join(f"{sum(totals[sight, one] for one in group):,}" for group in ORDER)
        + " |"
        for sight in SIGHTS
    ]
    return TEXT.format(
        count=count,
        first=first,
        sights=len(SIGHTS),
        verdicts=totals.total(),
        wrong=len(by_bytes),
        bound=upper_bound(len(by_bytes), count, 0.05),
        chance=len(by_trials),
        expected=ALPHA * count,
        rows="\n".join(rows),
    )


def split(wrong: list[str]) -> tuple[set[str], set[str]]:
    """Seeds of worlds in which trials accuse, and in which bytes do."""
    rows = [row.split() for row in wrong]
    return {seed for seed, sight, _ in rows if sight == TRIED}, {
        seed for seed, sight, _ in rows if sight != TRIED
    }


def too_many(found: int, count: int) -> bool:
    """Whether trials accuse more often than their error rate explains."""
    return lower_bound(found, count, MOST_BY_CHANCE) > ALPHA


def main() -> int:
    """Judge them and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-page", action="store_true", help="leave docs/method/judging.md as it is")
    given = parser.parse_args()
    wrong: list[str] = []
    totals: Counter[tuple[str, str]] = Counter()
    with ProcessPoolExecutor(given.workers) as pool:
        for counted in pool.map(judged, range(given.first, given.first + given.count), chunksize=5):
            wrong += counted.wrong
            totals += counted.outcomes
    text = render(given.first, given.count, wrong, totals)
    print(text, *wrong, sep="\n")
    if not given.no_page:
        put_figures(METHOD / "judging.md", "count_accusations.py", text)
    by_trials, by_bytes = split(wrong)
    return int(bool(by_bytes) or too_many(len(by_trials), given.count))


if __name__ == "__main__":
    sys.exit(main())
