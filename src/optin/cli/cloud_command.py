"""``optin cloud``: the cloud on a real socket, its state in a folder."""

from __future__ import annotations

import json
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from optin.cloud.app import Cloud
from optin.cloud.journal import Journal
from optin.cloud.limits import RateLimit
from optin.cloud.objects import FolderObjects, ObjectStore
from optin.cloud.server import Front
from optin.cloud.state_folder import StateFolder
from optin.cloud.store import Store
from optin.protocol.answer import SoftwareUpdate
from optin.protocol.catalogue import Recommendation


def cloud(  # noqa: PLR0917 - options of a command
    state: Annotated[Path, typer.Option("--state", help="Folder for the cloud's state.")] = Path(
        "optin-cloud"
    ),
    host: Annotated[str, typer.Option(help="Name by which phones know the cloud.")] = "localhost",
    listen: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8443,
    database: Annotated[str, typer.Option(help="Database URL; SQLite in the state folder by default.")] = "",
    chunks: Annotated[
        str, typer.Option(help="s3://BUCKET/PREFIX for chunks; a folder in the state folder by default.")
    ] = "",
    published: Annotated[
        Path | None, typer.Option(help="JSON with 'update' and 'recommendations', to publish.")
    ] = None,
    rate: Annotated[float, typer.Option(help="Requests a second and address; 0: no limit.")] = 200.0,
) -> None:
    """Serve until SIGINT or SIGTERM; requests that are under way are finished first."""
    import uvicorn  # noqa: PLC0415 - heavy, and of an extra

    _try_port(listen, port)
    folder = StateFolder(state)
    keys = folder.keys()
    folder.make_certificate(host)
    folder.write_pairing(host, port)
    store = Store(database or folder.database, _objects(chunks, folder))
    update, catalogue = _published(published)
    front = Front(
        Cloud(lambda: datetime.now(UTC), update, catalogue, keys, store, folder.repository),
        Journal(sys.stdout.write),
        RateLimit(rate, rate * 5) if rate else None,
    )
    typer.echo(f"optin cloud: https://{host}:{port}/ - phones pair with {folder.pairing}", err=True)
    uvicorn.run(
        front,
        host=listen,
        port=port,
        ssl_certfile=str(folder.certificate),
        ssl_keyfile=str(folder.private_key),
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    store.close()


def _try_port(listen: str, port: int) -> None:
    """Refuses an address that another program has, before anything is made or promised."""
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    try:
        socket.create_server((listen, port), family=family).close()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise OSError(
            f"the cloud cannot listen at {listen}, port {port} ({why}): end the program that has it, perhaps "
            "another cloud, or say another with --port"
        ) from error


def _objects(url: str, folder: StateFolder) -> ObjectStore:
    if not url:
        return FolderObjects(folder.chunks)
    if not url.startswith("s3://"):
        raise typer.BadParameter("chunks lie in the state folder, or at s3://BUCKET/PREFIX")
    from optin.cloud.s3_objects import S3Objects  # noqa: PLC0415 - heavy, and of an extra

    # A store on one's own network speaks plain HTTP where its address says so; what lies there is sealed.
    return S3Objects(url, client_options={"allow_http": True})


def _published(path: Path | None) -> tuple[SoftwareUpdate | None, tuple[Recommendation, ...]]:
    if path is None:
        return None, ()
    try:
        document: dict[str, Any] = json.loads(path.read_text())
        update = SoftwareUpdate(**document["update"]) if "update" in document else None
        return update, tuple(map(Recommendation.parse, document.get("recommendations", ())))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise typer.BadParameter(f"{path} does not hold what a cloud can publish") from error
