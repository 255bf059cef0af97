"""``wirelab worlds|play|score``.

Exit codes: 0 done, 2 a wrong argument (one sentence says which), 1 our failure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from wirelab.play import play
from wirelab.score.figures import measure
from wirelab.score.paper import UnreadablePaperError, parse_folder
from wirelab.score.render import print_score, render_score
from wirelab.sight import PLAYABLE, SIGHTS
from wirelab.world import UnknownWorldError, find_world, list_worlds


class _Parser(argparse.ArgumentParser):
    """Says one sentence where argparse would print its usage as well."""

    def error(self, message: str) -> NoReturn:
        raise _ArgumentError(message)


class _ArgumentError(Exception):
    """A wrong argument."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the console script's entry."""
    try:
        options = _parser().parse_args(arguments)
        result: int = options.run(options)
    except (_ArgumentError, UnknownWorldError, FileExistsError, UnreadablePaperError) as error:
        sys.stderr.write(f"wirelab: {error}\n")
        return 2
    return result


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="wirelab", description="Plays worlds with known truth, and scores the witness by them."
    )
    commands = parser.add_subparsers(required=True, metavar="worlds|play|score", parser_class=_Parser)
    worlds = commands.add_parser("worlds", help="list the worlds, each with its paragraph")
    worlds.add_argument("--names", action="store_true", help="names only")
    worlds.set_defaults(run=_worlds)
    one = commands.add_parser("play", help="play a world into a new folder")
    one.add_argument("world", help="a name that `wirelab worlds` lists, or a file ending in .py")
    one.add_argument(
        "--seed", type=_seed, default=1, help="a whole number; the same one gives the same truth"
    )
    one.add_argument(
        "-o", "--output", type=Path, required=True, help="the folder to write; it must not exist"
    )
    one.add_argument(
        "--sight",
        choices=PLAYABLE,
        default="keys",
        help="what the witness is given: everything, or without a part of it",
    )
    one.set_defaults(run=_play)
    score = commands.add_parser("score", help="hold results against the truth")
    score.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="played and audited folders")
    score.add_argument(
        "-o", "--output", type=Path, default=Path("score.json"), help="where to write the figures"
    )
    score.set_defaults(run=_score)
    return parser


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a seed is a whole number, not {text!r}") from None


def _worlds(options: argparse.Namespace) -> int:
    console = Console(highlight=False)
    for name in list_worlds():
        world = find_world(name)
        console.print(name if options.names else f"[bold]{name}[/]  {world.title}", soft_wrap=True)
        if not options.names:
            console.print(f"    {world.summary}\n")
    return 0


def _play(options: argparse.Namespace) -> int:
    play(find_world(options.world), options.seed, options.output, SIGHTS[options.sight])
    sys.stdout.write(f"{options.output}: world {options.world}, seed {options.seed}, sight {options.sight}\n")
    return 0


def _score(options: argparse.Namespace) -> int:
    figures = [measure(*parse_folder(folder)) for folder in options.folders]
    print_score(figures, Console())
    options.output.write_text(render_score(figures), encoding="utf-8")
    return 0
