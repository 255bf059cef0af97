"""The page docs/reference/cli.md, made of the commands' own help so that the two cannot drift apart.

python -m wirewitness.cli.reference > docs/reference/cli.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from typer.testing import CliRunner

from wirewitness.cli.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = "96"
_HEAD = """\
# The command line

Made from `--help`; to change it, change the command and run `python -m wirewitness.cli.reference`.

Exit codes: 0 done, also with odd traffic and partly read input; 2 nothing could be audited, or a
wrong argument; 1 a fault of wirewitness. An error is one sentence on standard error; `--debug` adds
where it arose.

The language of the report and the tables is that of `--lang`, else of `LC_ALL`, `LC_MESSAGES` or
`LANG` (`en`, `fr`, `zh`), else English. Colours and the progress bar appear only at a terminal;
`NO_COLOR` turns colours off.
"""


def render_reference(app: typer.Typer) -> str:
    """The page as Markdown."""
    parts = [_HEAD, _section("wirewitness", _help(app, []))]
    parts += [_section(f"wirewitness {row.name}", _help(app, [row.name])) for row in COMMANDS]
    return "\n".join(parts)


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text.strip()}\n```\n"


def _help(app: typer.Typer, command: Sequence[str]) -> str:
    environment = {"COLUMNS": _WIDTH, "NO_COLOR": "1", "TERMINAL_WIDTH": _WIDTH}
    result = CliRunner().invoke(app, [*command, "--help"], prog_name="wirewitness", env=environment)
    return result.output


if __name__ == "__main__":
    from wirewitness.cli import app as wirewitness_app

    typer.echo(render_reference(wirewitness_app), nl=False)
