"""``optin phone update``: fetch and check the newest software whose turn it is on this phone."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from optin.agent.home import Home
from optin.agent.switch import Switch
from optin.protocol.exchange import Request


def update(
    output: Annotated[Path, typer.Option("-o", "--output", help="File for the new package.")],
    installed: Annotated[str, typer.Option(help="Version that is installed.")],
    current: Annotated[Path | None, typer.Option(help="Package that is installed, for a delta.")] = None,
    home: Annotated[Path, typer.Option("--home", help="Folder of the agent.", envvar="OPTIN_HOME")] = Path(
        "optin-phone"
    ),
) -> None:
    """Fetch the newest software. Needs the switch updates; a bad repository is refused with its reason."""
    from optin.agent.software import RefusedError, Software  # noqa: PLC0415 - of an extra, heavy

    place = Home(home)
    agent = place.agent()
    if not agent.is_on(Switch.UPDATES):
        raise typer.BadParameter("the switch updates is off")
    with closing(place.line()) as line:

        def fetch(path: str) -> bytes | None:
            request = Request("GET", agent.cloud.api, f"/v1/tuf/{path}")
            answer = line.send(request, lambda: agent.is_on(Switch.UPDATES) and not agent.gate.walled)
            return answer.body if answer.accepted else None

        software = Software(home / "software", place.repository_root(), agent.own_draw())
        data = None if current is None else current.read_bytes()
        try:
            package = software.look(agent.phone.model, installed, data, fetch, datetime.now(UTC))
        except RefusedError as error:
            raise typer.BadParameter(f"nothing is installed: {error}") from error
    if package is None:
        typer.echo("nothing new for this phone")
        return
    output.write_bytes(package.data)
    typer.echo(f"{package.version} is in {output}, checked; {package.fetched} bytes were fetched")
