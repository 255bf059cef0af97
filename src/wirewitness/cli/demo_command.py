"""`wirewitness demo`: the case of 2014 in four worlds, played by the laboratory and judged by the witness.

The laboratory runs as a program of its own and leaves files; nothing here knows what it played.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from wirewitness.case import audit
from wirewitness.cli.options import Debug, Json, Lang, Quiet
from wirewitness.cli.terminal import out, outcome_text, print_json, progress_bar, shown, texts_for
from wirewitness.cli.verdict_table import world_table
from wirewitness.model.errors import ArgumentError, WitnessError
from wirewitness.model.json_form import to_json
from wirewitness.model.verdict import Outcome
from wirewitness.report.rendering import read_result, render_report

if TYPE_CHECKING:
    from wirewitness.model.result import Result
    from wirewitness.report.texts import Texts

WORLDS = ("as_alleged", "as_explained", "as_measured_2014", "owner_turned_it_on")
_AT_ONCE = 2


def demo(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder for the worlds and reports.",
            show_default="a new one in the temporary folder",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the played worlds.")] = 2014,
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier demo left in DIR.")] = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Play the case of 2014 in four worlds and print what the witness says of each statement.

    The worlds are generated: as the forum alleged, as the vendor explained, as a laboratory measured that
    August, and with the backup turned on by the owner.
    """
    texts = texts_for(lang)
    if find_spec("wirelab") is None:
        raise ArgumentError(
            "the demo plays worlds in the laboratory, which is not installed: pip install 'wirewitness[lab]'"
        )
    folder = _folder(output, force=force)
    results: dict[str, Result] = {}
    with progress_bar(texts, wanted=not quiet) as tell, ThreadPoolExecutor(_AT_ONCE) as plays:
        played = [plays.submit(play_world, world, seed, folder / world) for world in WORLDS]
        for number, (world, future) in enumerate(zip(WORLDS, played, strict=True)):
            tell(texts("cli.demo.playing", world=texts.label("world", world)), number, len(WORLDS))
            case = future.result()
            results[world] = _audited(case, folder / world / "audit", texts)
    if as_json:
        print_json({world: to_json(result.verdicts) for world, result in results.items()})
    elif not quiet:
        _print(results, folder, texts)


def play_world(world: str, seed: int, folder: Path) -> Path:
    """Let the laboratory play a world into `folder`; its case file."""
    command = [sys.executable, "-m", "wirelab", "play", world, "--seed", str(seed), "-o", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise WitnessError(
            f"the laboratory could not play '{world}': {said[-1] if said else 'it did not say why'}"
        )
    return folder / "case.toml"


def _folder(output: Path | None, *, force: bool) -> Path:
    if output is None:
        return Path(tempfile.mkdtemp(prefix="wirewitness-demo-"))
    for world in WORLDS:
        if (output / world).exists():
            if not force:
                raise ArgumentError(
                    f"{output} holds an earlier demo; give another folder or --force to replace it"
                )
            shutil.rmtree(output / world)
    output.mkdir(parents=True, exist_ok=True)
    return output


def _audited(case: Path, folder: Path, texts: Texts) -> Result:
    audit(
        [],
        folder,
        case=case,
        finish=lambda whole, result: render_report(whole, texts.language, result=result),
    )
    return read_result(folder)


def _print(results: dict[str, Result], folder: Path, texts: Texts) -> None:
    console = out()
    console.print()
    console.print(Text(texts("cli.demo.heading"), style="bold"))
    console.print(
        world_table(
            {texts.label("world", world): result for world, result in results.items()}, texts, console.width
        )
    )
    met = {verdict.outcome for result in results.values() for verdict in result.verdicts}
    for outcome in (outcome for outcome in Outcome if outcome in met):
        line = Text("  ")
        line.append_text(outcome_text(outcome, texts(f"cli.outcome.{outcome.value}")))
        line.append(f": {texts(f'outcome.{outcome.value}.word')}", style="dim")
        console.print(line)
    console.print()
    console.print(Text(texts("cli.demo.reports")))
    for world in results:
        console.print(shown(f"  {folder / world / 'audit' / 'report.html'}"), soft_wrap=True)
    console.print(Text(texts("cli.demo.basis"), style="dim"))
