"""`python -m wirewitness.web`: starts the local page; `wirewitness serve` calls it."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn

from wirewitness.model.errors import WitnessError
from wirewitness.report.language import choose_language
from wirewitness.report.visible import visible
from wirewitness.web.app import make_app
from wirewitness.web.desk import Desk

ADDRESS = "127.0.0.1"


def main() -> int:
    """Serve until it is interrupted; the address with its token is the first line printed."""
    parser = argparse.ArgumentParser(prog="wirewitness serve")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--max-upload", type=int, default=20 << 30)
    parser.add_argument("--lang")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    work = given.work or Path(tempfile.mkdtemp(prefix="wirewitness-serve-"))
    try:
        work.mkdir(parents=True, exist_ok=True)
        desk = Desk(work, given.max_upload, choose_language(given.lang, os.environ).value)
        desk.show(given.folders)
        listening = socket.create_server((ADDRESS, given.port))
    except (WitnessError, OSError, ValueError) as error:
        sys.stderr.write(f"wirewitness: {visible(str(error))}\n")
        return 2
    port = listening.getsockname()[1]
    token = secrets.token_urlsafe(24)
    app = make_app(desk, token, (f"{ADDRESS}:{port}", f"localhost:{port}"))
    address = f"http://{ADDRESS}:{port}/{token}/"
    said = json.dumps({"address": address, "work": str(work)}) if given.json else f"{address}\n{work}"
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, ws="none")
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
