"""The command line of optin: ``optin cloud``, ``optin phone ...``, ``optin watch``.

Exit codes: 0 done, 2 a wrong argument or something refused (one sentence says what), 1 our failure.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from optin.agent.home import HomeError
from optin.agent.line import LineError
from optin.agent.restore import RestoreError
from optin.agent.sources import SourceError
from optin.agent.storage import StorageError
from optin.cli.cloud_command import cloud
from optin.cli.conformance_command import conformance
from optin.cli.phone_commands import phone
from optin.cli.release_command import release
from optin.cli.watch_command import watch
from optin.cloud.problem import Problem

app = typer.Typer(
    name="optin",
    help="The honest system: a phone agent and its cloud. Everything is off until the owner turns it on.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command(short_help="Run the cloud on a real socket.")(cloud)
app.command(short_help="Watch that the cloud does not rewrite its consent log.")(watch)
app.command(short_help="Sign a software package for phones.")(release)
app.command(short_help="Test another implementation.")(conformance)
app.add_typer(phone, name="phone")

_TOLD = (HomeError, LineError, Problem, RestoreError, SourceError, StorageError, ValueError, OSError)
"""What went wrong outside of optin: each says so in one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the console script's entry."""
    try:
        result = typer.main.get_command(app).main(args=arguments, prog_name="optin", standalone_mode=False)
    except _TOLD as error:
        sys.stderr.write(f"optin: {error}\n")
        return 2
    except typer.Exit as error:
        return error.exit_code
    except typer.Abort:
        return 2
    except Exception as error:
        # A wrong argument: typer brings its own copy of click, and wraps what is wrong in one of its classes.
        told = getattr(error, "format_message", None)
        if told is None:
            raise
        sys.stderr.write(f"optin: {told().splitlines()[0]}\n")
        return 2
    return result if isinstance(result, int) else 0
