"""A thousand small honest worlds with fresh seeds, under each visibility: how often is somebody accused?

    python tools/honest_worlds.py                # 1,000 worlds x 4 visibilities; some minutes
    python tools/honest_worlds.py --count 50 --first 5000

Prints one line; exits with 1 when anybody was accused. The worlds: tests/support/honest_worlds.py.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from honest_worlds import SIGHTS, accusations, honest_world
from small_world import outcomes


def judged(seed: int) -> list[str]:
    """`seed sight claim` for each accusation in one world."""
    wrong = []
    for sight in SIGHTS:
        world, sent = honest_world(seed, sight)
        with tempfile.TemporaryDirectory() as folder:
            found = outcomes(world.audit(Path(folder)))
        wrong += [f"{seed} {sight} {claim}" for claim in accusations(found, sent)]
    return wrong


def main() -> int:
    """Judge them and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=1_000)
    given = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        seeds = range(given.first, given.first + given.count)
        wrong = [one for found in pool.map(judged, seeds, chunksize=5) for one in found]
    bound = 3 / given.count
    print(
        f"{given.count} honest worlds from seed {given.first}, {len(SIGHTS)} visibilities: "
        f"{len(wrong)} accusations" + (f" (95 % bound {bound:.1%})" if not wrong else f": {wrong[:20]}")
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
