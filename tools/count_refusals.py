"""A hundred worlds whose vendor's apps refuse interception: is silence ever taken for absence?

    python tools/count_refusals.py                 # 100 small worlds, a minute; 100 played ones, ten
    python tools/count_refusals.py --count 0       # the small ones alone
    python tools/count_refusals.py --count 4 --no-page

Plays `refuses_interception` with fresh seeds, audits each, and counts verdicts on the vendor's apps that say
"not observed" or "withstood", those that lack host, app or number of attempts, and the readable share. The
same for small worlds of hand-made tables (tests/support/honest_worlds.py) whose controls all pass: nothing
but the refused attempts stands between a silence and a comfort. Writes figures of docs/method/judging.md;
exits with 1 when there is one comfort or one nameless verdict.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

from figures_block import METHOD, put_figures
from honest_worlds import refusing_world

from wirewitness.model.result import Result
from wirewitness.model.verdict import Outcome

WORLD = "refuses_interception"
ELSEWHERE = {"A1", "C6"}
"""A1 is about the events log; C6 about the days after the removal, when the apps try nothing any more."""
COMFORTS = (Outcome.NOT_OBSERVED, Outcome.WITHSTOOD)
NAMED = {"refused": ("destination", "attempts"), "refused_by_apps": ("destination", "apps")}
SMALL = "small worlds, each with all controls passed,"
TEXT = """\
**Apps that refuse interception.** {count} {world} from the seeds {first} on ({verdicts:,}
verdicts on apps that try): **{comforts}** said *not observed* or *withstood*, though {readable:.2%} of the
bytes or more were readable; {nameless} of them lacked the host, the app or the number of refused attempts.
"""


@dataclass(frozen=True)
class Counted:
    """Of one world: verdicts on traffic, comforts, verdicts that lack a name, the readable share."""

    verdicts: int
    comforts: int
    nameless: int
    readable: float


def counted(seed: int) -> Counted:
    """One world of the laboratory, played and audited."""
    with tempfile.TemporaryDirectory() as folder:
        played = Path(folder) / WORLD
        run("wirelab", "play", WORLD, "--seed", str(seed), "--sight", "keys", "-o", str(played))
        audit = played / "audit"
        run("wirewitness", "audit", "--case", str(played / "case.toml"), "--quiet", "-o", str(audit))
        result = Result.from_text((audit / "result.json").read_text(encoding="utf-8"))
    return counted_in(result, ELSEWHERE)


def counted_small(seed: int) -> Counted:
    """One small world, audited. There the apps try after the removal, too."""
    with tempfile.TemporaryDirectory() as folder:
        return counted_in(refusing_world(seed).audit(Path(folder)), {"A1"})


def counted_in(result: Result, elsewhere: set[str]) -> Counted:
    """What an audit says of apps that refuse; `elsewhere` are claims about something else."""
    verdicts = [verdict for verdict in result.verdicts if verdict.claim not in elsewhere]
    named = [
        all(
            any(remark.code == code and all(remark.params[key] for key in keys) for remark in verdict.reasons)
            for code, keys in NAMED.items()
        )
        for verdict in verdicts
    ]
    return Counted(
        verdicts=len(verdicts),
        comforts=sum(verdict.outcome in COMFORTS for verdict in verdicts),
        nameless=named.count(False),
        readable=result.coverage.readable_up_bytes / max(1, result.coverage.up_bytes),
    )


def run(module: str, *arguments: str) -> None:
    """Run one of our programs; what it complains about is shown, and ends the counting."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{module} {' '.join(arguments)}: {done.stderr.strip()}")


def main() -> int:
    """Play, audit, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="played worlds")
    parser.add_argument("--small", type=int, default=100, help="small worlds")
    parser.add_argument("--first", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-page", action="store_true", help="leave docs/method/judging.md as it is")
    given = parser.parse_args()
    with ProcessPoolExecutor(given.workers) as pool:
        small = list(pool.map(counted_small, range(given.first, given.first + given.small)))
    with ThreadPoolExecutor(given.workers) as pool:
        played = list(pool.map(counted, range(given.first, given.first + given.count)))
    for worlds, name, mark in (
        (small, SMALL, "tools/count_refusals.py, small"),
        (played, f"worlds `{WORLD}`", "tools/count_refusals.py"),
    ):
        if worlds:
            text = render(worlds, name, given.first)
            print(text)
            if not given.no_page:
                put_figures(METHOD / "judging.md", mark, text)
    return int(any(one.comforts or one.nameless for one in (*small, *played)))


def render(worlds: list[Counted], name: str, first: int) -> str:
    """The figures of some worlds as Markdown."""
    return TEXT.format(
        count=len(worlds),
        world=name,
        first=first,
        verdicts=sum(one.verdicts for one in worlds),
        comforts=sum(one.comforts for one in worlds),
        readable=min(one.readable for one in worlds),
        nameless=sum(one.nameless for one in worlds),
    )


if __name__ == "__main__":
    sys.exit(main())
