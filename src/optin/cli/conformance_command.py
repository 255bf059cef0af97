"""``optin conformance``: does another implementation compute what the protocol says?"""

from __future__ import annotations

from typing import Annotated

import typer

from optin.conformance import INPUTS, check_program


def conformance(
    command: Annotated[list[str], typer.Argument(help="The other program, with its arguments, after --.")],
) -> None:
    """Ask a program every test vector, one JSON line each (docs/optin/protocol.md)."""
    wrong = check_program(command)
    for sentence in wrong:
        typer.echo(sentence)
    if wrong:
        raise typer.BadParameter(f"{len(wrong)} of {len(INPUTS)} answers are wrong")
    typer.echo(f"all {len(INPUTS)} answers are right")
