"""optin's figures on this machine: reports a second, backup and encryption MB/s, the agent's idle memory.

    python benchmarks/honest_system.py

One cloud process with SQLite, TLS on loopback, the agent in another process.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from optin.agent.home import Home
from optin.agent.phone import Phone
from optin.agent.runner import Runner
from optin.agent.switch import Switch
from optin.protocol.chunk import LONGEST, name_chunk, seal
from optin.protocol.consent import Consent
from optin.protocol.exchange import Request
from optin.protocol.preference import QUESTIONS, PreferenceReport, name_week
from optin.protocol.proof import CONSENT_HEADER, prove
from optin.protocol.signed_record import SignedRecord

REPORTS, BACKUP_MB = 300, 96


def main() -> None:
    """Measure, and print one line a figure."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "optin", "cloud", "--state", str(base / "cloud"), "--rate", "0"]
        cloud = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL)
        try:
            _wait(port)
            home = Home(base / "phone")
            home.begin(base / "cloud/pairing.json", Phone("m", "1", "s"))
            consents, reports = _reports(home)
            for what, requests in (("consent records", consents), ("reports", reports)):
                before = _cpu(cloud.pid)
                wall = _send(home, requests)
                busy = len(requests) / (_cpu(cloud.pid) - before)
                print(f"{what}: {wall:.0f}/s, {busy:.0f} in a second of the cloud's own time")
            print(f"encryption: {_encryption():.0f} MB/s (naming and sealing)")
            before = time.process_time()
            wall = _backup(home, base)
            busy = BACKUP_MB / (time.process_time() - before)
            print(f"backup: {wall:.0f} MB/s over loopback TLS, {busy:.0f} MB in a second of its own time")
            print(f"agent, idle: {_idle(base):.0f} MiB")
        finally:
            cloud.terminate()
            cloud.wait(20)


def _wait(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _reports(home: Home) -> tuple[list[Request], list[Request]]:
    """The records of as many phones, and a report under each."""
    host, now = home.agent().cloud.api, datetime.now(UTC)
    body = PreferenceReport(name_week(now), "m", 2.0, dict.fromkeys(QUESTIONS, 1)).encode()
    consents, reports = [], []
    for number in range(REPORTS):
        seed = os.urandom(32)
        consent = Consent(f"consent-{number:032x}", ("preference",), (host,), "recommendation", now)
        record = SignedRecord.make(consent, seed).encoded
        consents.append(Request("PUT", host, f"/v1/consents/{consent.id}", (), record))
        report = Request("POST", host, "/v1/preferences", ((CONSENT_HEADER, consent.id),), body)
        reports.append(prove(report, consent.id, seed, now, os.urandom(16)))
    return consents, reports


def _send(home: Home, requests: list[Request]) -> float:
    """Requests a second over one TLS connection, one after the other."""
    line = home.line()
    began = time.perf_counter()
    for request in requests:
        answer = line.send(request, lambda: True)
        if not answer.accepted:
            raise SystemExit(f"refused: {answer.body!r}")
    spent = time.perf_counter() - began
    line.close()
    return len(requests) / spent


def _encryption() -> float:
    pieces = [random.randbytes(LONGEST) for _ in range(16)]
    began = time.process_time()
    for piece in pieces:
        seal(piece, os.urandom, name_chunk(piece, bytes(32)))
    return len(pieces) * LONGEST / 1e6 / (time.process_time() - began)


def _backup(home: Home, base: Path) -> float:
    agent = home.agent()
    agent.agree(Switch.BACKUP_PHOTOS, datetime.now(UTC))
    for number in range(BACKUP_MB // 4):
        path = base / f"{number}.jpg"
        path.write_bytes(random.randbytes(4_000_000))
        agent.backup.offer_file("photo", path.name, str(path), f"{number:064x}")
    runner = Runner(agent, home.line(), lambda: {"network": "wifi"}, lambda _: None)
    began = time.perf_counter()
    runner.settle()
    spent = time.perf_counter() - began
    runner.close()
    return BACKUP_MB / spent


def _idle(base: Path) -> float:
    command = [sys.executable, "-m", "optin", "phone", "run", "--home", str(base / "phone")]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    time.sleep(6)
    lines = Path(f"/proc/{running.pid}/status").read_text().splitlines()
    running.terminate()
    running.wait(20)
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
