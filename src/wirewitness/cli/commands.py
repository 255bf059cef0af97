"""Every command of `wirewitness`: one row each, and the group that imports only the one that was called.

Half of the time of a short command went into importing the others' pyarrow and DuckDB.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer._click import Command, Context


@dataclass(frozen=True)
class Row:
    """A command: its name, the module that holds the function of that name, a line of help, examples.

    An example is what stands after `wirewitness`.
    """

    name: str
    module: str
    help: str
    examples: tuple[str, ...]

    @property
    def epilog(self) -> str:
        """The examples, for the end of the help."""
        lines = "".join(f"\n  wirewitness {one}" for one in self.examples)
        return f"\b\nExample{'s' if len(self.examples) > 1 else ''}:{lines}"

    def load(self) -> Command:
        """The whole command, with its options; only now is its module imported."""
        run: Callable[..., None] = getattr(import_module(f"wirewitness.cli.{self.module}"), self.name)
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(self.name, short_help=self.help, epilog=self.epilog)(run)
        return typer.main.get_command(alone)


COMMANDS: tuple[Row, ...] = (
    Row(
        "audit",
        "audit_command",
        "Find what left the phone; judge claims.",
        (
            "audit phone.pcapng --keys keys.log --owner owner.toml -o case",
            "audit --case case.toml -o case --lang fr",
        ),
    ),
    Row(
        "show",
        "show_command",
        "Print the bytes of an exposure with the decoding steps.",
        ("show case", "show case 3f2a"),
    ),
    Row(
        "report",
        "report_command",
        "Write the report anew, in another language or form.",
        ("report case --lang zh", "report case --format csv"),
    ),
    Row(
        "seal",
        "bundle_commands",
        "Put a case and all it rests on into one sealed file.",
        (
            "seal case -o case.zip --by 'Test lab' --attach settings.jpg",
            "seal case -o case.zip --sign ~/.ssh/id_ed25519",
        ),
    ),
    Row(
        "verify",
        "bundle_commands",
        "Check a sealed file offline and audit it again.",
        ("verify case.zip", "verify case.zip --signer lab.pub --json"),
    ),
    Row(
        "redact",
        "bundle_commands",
        "Make a copy that shows chosen findings only.",
        ("redact case.zip -o part.zip --keep C1 --keep 3f2a", "redact case.zip -o part.zip --row message:17"),
    ),
    Row(
        "new",
        "new_command",
        "Write a commented case file from a few answers.",
        ("new --vendor Vendor --host '*.vendor.example' --claims C1,V2 -o case",),
    ),
    Row("claims", "new_command", "Print the library of claims.", ("claims --lang fr",)),
    Row("check", "check_command", "Say what of a case cannot be tested yet.", ("check case/case.toml",)),
    Row(
        "compare",
        "compare_command",
        "Tell what changed between two audits.",
        ("compare before-update after-update",),
    ),
    Row(
        "plan",
        "plan_command",
        "Plan randomised trials: canaries, schedule, checklist.",
        ("plan --claims C1,V2 --start 2014-07-21T06:00:00Z -o trials",),
    ),
    Row(
        "mark",
        "mark_command",
        "Append an event to the log, with the time.",
        ("mark backup=off --note owner", "mark window=T-photo-01 --trials trials/trials.json"),
    ),
    Row(
        "serve",
        "serve_command",
        "Open the local page in the browser.",
        ("serve", "serve case other-case --port 8080"),
    ),
    Row(
        "demo",
        "demo_command",
        "Play the case of 2014 in four worlds and judge it.",
        ("demo -o demo --lang fr",),
    ),
    Row("doctor", "doctor_command", "Check the installation.", ("doctor --json",)),
)


class Commands(TyperGroup):
    """The group: it lists every command by its row, and loads the one that is called."""

    def list_commands(self, _ctx: Context) -> list[str]:
        """In the order of the rows."""
        return [row.name for row in COMMANDS]

    def get_command(self, _ctx: Context, cmd_name: str) -> Command | None:
        """What the list and the shell's completion show of a command."""
        row = _row(cmd_name)
        return TyperCommand(row.name, short_help=row.help, rich_markup_mode=None) if row else None

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """The command that is called."""
        name, command, rest = super().resolve_command(ctx, args)
        row = name and _row(name)
        command = row.load() if row else command
        # What is imported by now stays; walking it again and again cost a tenth of an audit.
        gc.freeze()
        return name, command, rest


def _row(name: str) -> Row | None:
    return next((row for row in COMMANDS if row.name == name), None)
