"""Real servers for optin's cloud to stand on: PostgreSQL from Debian's package, and an S3-compatible store."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def postgresql_url():
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not homes:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    as_user = {}
    if os.geteuid() == 0:
        try:
            account = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL refuses to run as root and there is no account for it")
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="optin-pg-", dir="/tmp"))
    if as_user:
        os.chown(folder, as_user["user"], as_user["group"])
    data, how = str(folder / "data"), {"cwd": "/", "stdout": subprocess.DEVNULL, **as_user}
    control = [str(homes[-1] / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log")]
    try:
        subprocess.run(
            [str(homes[-1] / "initdb"), "-D", data, "-A", "trust", "-U", "optin", "-N"], check=True, **how
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        subprocess.run([*control, "-o", options, "start"], check=True, **how)
        yield f"postgresql+psycopg://optin@127.0.0.1:{port}/postgres"
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, **how)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def s3_endpoint():
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    import http.client

    connection = http.client.HTTPConnection(host, port)
    connection.request("PUT", "/backups")
    assert connection.getresponse().status == 200
    connection.close()
    yield f"http://{host}:{port}"
    server.stop()
