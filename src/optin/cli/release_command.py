"""``optin release``: sign a software package into the repository that the cloud serves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from optin.cloud.state_folder import StateFolder


def release(
    model: str,
    version: str,
    package: Path,
    state: Annotated[Path, typer.Option(help="Folder of the cloud's state.")] = Path("optin-cloud"),
    percent: Annotated[int, typer.Option(min=0, max=100, help="Share of phones whose turn it is.")] = 100,
) -> None:
    """Publish a package, with deltas from earlier ones. Also renews the dates: run it every few days."""
    from optin.cloud.releases import Repository  # noqa: PLC0415 - of an extra, heavy

    folder = StateFolder(state)
    repository = Repository.open(folder.repository, state / "release-keys", datetime.now(UTC))
    repository.add(model, version, package.read_bytes(), percent=percent)
    repository.publish()
    typer.echo(f"{model} {version} is published for {percent} % of phones")
