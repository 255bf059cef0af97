"""The page docs/optin/cli.md, made of the commands' own help so that the two cannot drift apart.

python -m optin.cli.reference > docs/optin/cli.md
"""

from __future__ import annotations

import sys

import typer
from typer.testing import CliRunner

from optin.cli import app

_ENVIRONMENT = {"COLUMNS": "96", "NO_COLOR": "1", "TERMINAL_WIDTH": "96"}
_HEAD = """# optin's command line

Made from `--help`; to change it, change the command and run
`python -m optin.cli.reference > docs/optin/cli.md`.

Exit codes: 0 done; 2 a wrong argument, or something refused; 1 a fault of optin. An error is one sentence.
"""


def list_commands() -> list[list[str]]:
    """Every command, each with its words."""
    top = typer.main.get_command(app)
    found: list[list[str]] = []
    for name, command in sorted(getattr(top, "commands", {}).items()):
        inner = getattr(command, "commands", None)
        found += [[name]] if inner is None else [[name, each] for each in sorted(inner)]
    return found


def render_reference() -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for words in list_commands():
        result = CliRunner().invoke(app, [*words, "--help"], prog_name="optin", env=_ENVIRONMENT)
        parts.append(f"## optin {' '.join(words)}\n\n```text\n{result.output.strip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(render_reference())
