"""The cloud on a real PostgreSQL, started from Debian's package on loopback; two processes' worth side by side."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optin.cloud.store import Store
from optin.ledger.merkle import extends, prove_consistency
from optin.protocol.consent import Consent
from optin.protocol.preference import QUESTIONS, PreferenceReport
from optin.protocol.signed_record import SignedRecord

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def url():
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


def test_two_clouds_side_by_side_keep_one_log_and_lose_no_report(url):
    stores = [Store(url), Store(url)]

    def live(number):
        store, seed = stores[number % 2], number.to_bytes(32, "big")
        consent = Consent(f"consent-{number}", ("preference",), ("h",), "recommendation", NOW)
        store.add_consent(SignedRecord.make(consent, seed), NOW, bytes(32))
        report = PreferenceReport("2026-W01", "m", 2.0, dict.fromkeys(QUESTIONS, 1))
        store.add_preferences(report, f"{number:032x}", NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(live, range(40)))
    assert [known.position for known in stores[0].consents()] == list(range(40))
    assert {row[2:] for row in stores[1].preference_sums("2026-W01", "m")} == {(40, 40)}

    def whole(log):
        from optin.ledger.merkle import root

        return root(log, 17), root(log, 40), prove_consistency(log, 17, 40)

    first, second, proof = stores[1].read_log(whole)
    assert extends(17, first, 40, second, proof)
    for store in stores:
        store.close()
