"""A thousand small honest worlds with fresh seeds, under each visibility: how often is somebody accused?

    python tools/count_accusations.py                          # 1,000 worlds x 5 visibilities; half an hour
    python tools/count_accusations.py --only trials            # without keys, with trials; ten minutes
    python tools/count_accusations.py --count 50 --first 5000 --workers 1 --no-page

Writes the figures of docs/method/judging.md; exits with 1 when anybody was accused. The worlds:
tests/support/honest_worlds.py. What is said besides is counted too: a judge that always says "cannot tell"
accuses nobody either. So are the series of trials whose p alone would have accused somebody.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

from clopper_pearson import upper_bound
from figures_block import METHOD, put_figures
from honest_worlds import SIGHTS, accusations, honest_world
from small_world import outcomes

from wirewitness.judge.trial_evidence import ALPHA

TEXT = """\
**Honest worlds, {by}.** {count:,} small worlds from the seeds {first} on, in which all that can happen on a
phone happens and nobody does what the claims accuse anyone of ({verdicts:,} verdicts): **{wrong}
accusations**; the share of worlds with one is below {bound:.2%} (95 %, Clopper and Pearson 1934).{hints}

| visibility | shown (true) | not found under these conditions | unresolved |
|---|---|---|---|
{rows}
"""
HINTS = """ In {hinted} of them
the p of a series was at most 0.001, where {expected:.0f} is expected by chance; its e-value was too small
for a verdict, and it accused nobody."""
PARTS = {"bytes": SIGHTS[:-1], "trials": SIGHTS[-1:]}
"""Visibilities under which bytes may accuse, and the one under which trials may."""
ORDER = (("supported", "contradicted"), ("not_observed", "withstood"), ("cannot_tell", "not_tested"))


@dataclass
class Counted:
    """Accusations as `seed sight claim`, outcomes by sight, and whether a p of trials alone would accuse."""

    wrong: list[str] = field(default_factory=list)
    hinted: bool = False
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)


def judged(part: str, seed: int) -> Counted:
    """One world under every visibility of a part."""
    counted = Counted()
    for sight in PARTS[part]:
        world, sent = honest_world(seed, sight)
        with tempfile.TemporaryDirectory() as folder:
            result = world.audit(Path(folder))
        found = outcomes(result)
        counted.hinted |= any(trial.state == "unconfirmed" for trial in result.trials)
        counted.wrong += [f"{seed} {sight} {claim}" for claim in accusations(found, sent)]
        counted.outcomes.update((sight, outcome) for outcome in found.values())
    return counted


def render(part: str, first: int, worlds: list[Counted]) -> str:
    """The figures as Markdown."""
    count, totals = len(worlds), sum((one.outcomes for one in worlds), Counter[tuple[str, str]]())
    rows = [
        f"| {sight.replace('_', ' ')} | "
        + " | ".join(f"{sum(totals[sight, one] for one in group):,}" for group in ORDER)
        + " |"
        for sight in PARTS[part]
    ]
    hinted = sum(one.hinted for one in worlds)
    return TEXT.format(
        by=f"by {part}",
        count=count,
        first=first,
        verdicts=totals.total(),
        wrong=sum(len(one.wrong) for one in worlds),
        bound=upper_bound(sum(bool(one.wrong) for one in worlds), count, 0.05),
        hints=HINTS.format(hinted=hinted, expected=ALPHA * count) if part == "trials" else "",
        rows="\n".join(rows),
    )


def main() -> int:
    """Judge them and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", choices=PARTS, help="what may accuse somebody; else both")
    parser.add_argument("--no-page", action="store_true", help="leave docs/method/judging.md as it is")
    given = parser.parse_args()
    wrong: list[str] = []
    for part in [given.only] if given.only else PARTS:
        seeds = range(given.first, given.first + given.count)
        with ProcessPoolExecutor(given.workers) as pool:
            worlds = list(pool.map(partial(judged, part), seeds, chunksize=5))
        wrong += [row for one in worlds for row in one.wrong]
        text = render(part, given.first, worlds)
        print(text, *wrong, sep="\n")
        if not given.no_page:
            put_figures(METHOD / "judging.md", f"tools/count_accusations.py, by {part}", text)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
