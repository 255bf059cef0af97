"""`wirewitness check`: what of a case cannot be tested, and what to capture or supply, before the audit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from wirewitness.case_inputs import Given, read_inputs
from wirewitness.cli.options import Debug, Json, Lang
from wirewitness.cli.terminal import out, print_json, progress_bar, shown, texts_for
from wirewitness.find.needles import watch_for
from wirewitness.find.owner_file import read_owner
from wirewitness.judge.case_reader import read_case
from wirewitness.judge.feasibility import Prospect, find_missing
from wirewitness.judge.timeline import Recorded, make_timeline
from wirewitness.model.fact import Owner
from wirewitness.model.json_form import to_json
from wirewitness.model.reason import Missing

if TYPE_CHECKING:
    from wirewitness.model.decoding import Progress
    from wirewitness.model.remark import Remark
    from wirewitness.report.texts import Texts


def check(
    *,
    case: Annotated[
        Path, typer.Argument(metavar="CASE.toml", readable=False, help="The case file.", show_default=False)
    ],
    lang: Lang = None,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - main() looks for it
) -> None:
    """Say for each claim of a case what is missing to test it, as instructions: what to capture or supply.

    Reads the case, the owner and the captures' spans; nothing is decoded and nothing is judged.
    """
    texts = texts_for(lang)
    with progress_bar(texts, wanted=not as_json) as progress:
        missing = find_missing(_prospect(case, progress))
    if as_json:
        print_json({name: to_json(found) for name, found in missing.items()})
    else:
        _print(missing, texts)


def _prospect(path: Path, progress: Progress) -> Prospect:
    case = read_case(path)
    owner = read_owner(case.owner) if case.owner else Owner()
    recorded: tuple[Recorded, ...] = ()
    keys = False
    if case.captures:
        from wirewitness import decode  # noqa: PLC0415 - the core is loaded only where there are captures

        inputs = read_inputs(Given((), (), None, path, ()), decode, progress)
        recorded = inputs.recorded
        keys = bool(inputs.keys or inputs.export.keylog or any(info.secrets for info in inputs.infos))
    watch = watch_for(owner)
    kinds = {fact.kind.value for fact in owner.facts if fact.id in watch.searched}
    shapes = {rule.kind for rule in watch.needles.rules if rule.evidence}
    return Prospect(case, make_timeline(case, recorded), recorded, frozenset(kinds | shapes), keys)


def _print(missing: dict[str, list[Remark]], texts: Texts) -> None:
    console = out()
    if not missing:
        console.print(Text(texts("cli.no_claims")))
    for claim, remarks in missing.items():
        console.print(
            shown(texts("cli.check.missing" if remarks else "cli.check.ready", claim=claim), "bold")
        )
        for remark in remarks:
            console.print(shown(f"  · {texts.remark(Missing, remark)}"), soft_wrap=True)
    console.print(Text(texts("cli.check.basis"), style="dim"), soft_wrap=True)
