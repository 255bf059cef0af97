"""The reference page is what `--help` says, and every command and option stands in it."""

from __future__ import annotations

from pathlib import Path

import typer

from wirewitness.cli import app
from wirewitness.cli.reference import COMMANDS, render_reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == render_reference(app), (
        "run: python -m wirewitness.cli.reference > docs/reference/cli.md"
    )


def test_every_command_stands_in_it_and_gives_an_example() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert tuple(commands) == COMMANDS
    for name, command in commands.items():
        assert "Example" in command.epilog, name
        for parameter in command.params:
            assert parameter.help or parameter.name == "help", f"{name} {parameter.name} has no help"
