"""Plays worlds, audits them, scores the witness, and writes the table of docs/method/score.md.

python tools/score_worlds.py                       all worlds, seeds 1 and 2
python tools/score_worlds.py --seeds 3 --worlds as_alleged two_vantages
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from wirelab.score.figures import Figures, measure, total
from wirelab.score.paper import parse_folder
from wirelab.score.render import print_score, render_score
from wirelab.sight import PLAYABLE
from wirelab.world import find_world, list_worlds

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "method" / "score.md"
OF_2014 = ("as_alleged", "as_explained", "as_measured_2014", "owner_turned_it_on")
AT_ONCE = 2
HEAD = """# The latest score

The witness against the laboratory's worlds, by `make score PARTS=worlds`: each world is played, audited
without its truth, and held against it. *recall*: private values found of those that a perfect witness finds.
*false*: exposures of what never left. *place*: found, but at the wrong destination. *rhythm* and
*verdicts*: right ones of all. *reasons*: where one rightly cannot tell, the true reasons (no keys, sealed,
refused, not recorded, no events log, control unseen, place unknown) that the verdict names, of all.
*accusations*: verdicts against somebody that the truth does not bear out; the number that must be zero.
*comforts*: "nothing found" where there was something, or where nobody could know.

"""


def main() -> int:
    """Score and write; exit code 1 when the witness accused somebody falsely."""
    parser = argparse.ArgumentParser(description="Play, audit and score worlds.")
    parser.add_argument("--worlds", nargs="+", default=list_worlds())
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--no-table", action="store_true", help="leave docs/method/score.md as it is")
    options = parser.parse_args()
    runs = [(world, seed, "keys") for world in options.worlds for seed in options.seeds]
    runs += [
        (world, options.seeds[0], sight)
        for world in OF_2014
        if world in options.worlds
        for sight in PLAYABLE
        if sight != "keys"
    ]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as workers:
        all_figures = list(workers.map(lambda run: score(*run, Path(folder)), runs))
    print_score(all_figures, Console(width=120))
    if options.json is not None:
        options.json.write_text(render_score(all_figures), encoding="utf-8")
    if not options.no_table:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(render_table(all_figures), encoding="utf-8")
    return 1 if total(all_figures).accusations else 0


def score(world: str, seed: int, sight: str, folder: Path) -> Figures:
    """One world, played, audited and measured."""
    played = folder / f"{world}-{seed}-{sight}"
    run("wirelab", "play", world, "--seed", str(seed), "--sight", sight, "-o", str(played))
    run("wirewitness", "audit", "--case", str(played / "case.toml"), "--quiet", "-o", str(played / "audit"))
    return measure(*parse_folder(played))


def run(module: str, *arguments: str) -> None:
    """Run one of our programs; what it complains about is shown, and ends the scoring."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{module} {' '.join(arguments)}: {done.stderr.strip()}")


def render_table(all_figures: list[Figures]) -> str:
    """The page: one row a run, then recall per kind and per number of encodings."""
    columns = ("recall", "false", "place", "rhythm", "verdicts", "reasons", "accusations", "comforts")
    lines = ["| " + " | ".join(("world", "seed", "sight", *columns)) + " |"]
    lines.append("|---" * (3 + len(columns)) + "|")
    whole = total(all_figures)
    for figures in [*all_figures, whole]:
        seed = str(figures.seed) if figures.sight else ""
        lines.append(
            f"| {figures.world} | {seed} | {figures.sight} | {figures.found}/{figures.expected}"
            f" | {len(figures.false_exposures)} | {figures.wrong_destinations}"
            f" | {figures.rhythms - figures.rhythms_missed}/{figures.rhythms}"
            f" | {figures.verdicts - len(figures.wrong)}/{figures.verdicts}"
            f" | {figures.whys - len(figures.unnamed)}/{figures.whys}"
            f" | {figures.accusations} | {figures.comforts} |"
        )
    lines += ["", "| kind | found |", "|---|---|"]
    lines += [
        f"| {kind} | {whole.found_by_kind[kind]}/{count} |"
        for kind, count in sorted(whole.expected_by_kind.items())
    ]
    lines += ["", "| encodings | found |", "|---|---|"]
    lines += [
        f"| {depth} | {whole.found_by_depth[depth]}/{count} |"
        for depth, count in sorted(whole.expected_by_depth.items())
    ]
    lines += ["", "| world | what happens |", "|---|---|"]
    worlds = dict.fromkeys(figures.world for figures in all_figures)
    lines += [f"| {name} | {find_world(name).title} |" for name in worlds]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
