"""How long the witness takes for a capture of optin's backup, with the owner's audit export: seconds per GB.

    python benchmarks/audit_of_backup.py [--megabytes 200]

A cloud and a phone's agent on loopback TLS, recorded by tcpdump (which needs the right to record).
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_CASE = """format = "wirewitness-case/1"
title = "a backup"
owner = "owner.toml"
audit_export = "export.json"
[device]
vendor = "V"
model = "M"
addresses = ["127.0.0.1"]
vendor_domains = ["localhost"]
[[capture]]
path = "lo.pcap"
network = "wifi"
"""


def main() -> None:
    """Back up, record, audit, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), parser.parse_args().megabytes)


def _measure(base: Path, megabytes: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    photos = base / "dcim"
    photos.mkdir()
    for number in range(megabytes // 4):
        (photos / f"{number:04}.jpg").write_bytes(b"\xff\xd8" + random.randbytes(3_999_996) + b"\xff\xd9")
    record = ["tcpdump", "-i", "lo", "-B", "262144", "-w", str(base / "lo.pcap"), "tcp", "port", str(port)]
    cloud = ["optin", "cloud", "--state", str(base / "cloud"), "--port", str(port), "--rate", "0"]
    running = [
        subprocess.Popen(record, stderr=subprocess.DEVNULL),
        subprocess.Popen(_module(*cloud), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
    ]
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        for act in (
            ["pair", str(base / "cloud/pairing.json")],
            ["on", "backup_photos"],
            ["offer", "--photos", str(photos)],
            ["sync", "--network", "wifi"],
            ["audit-export", "-o", str(base / "export.json")],
        ):
            command = _module("optin", "phone", *act, "--home", str(base / "phone"))
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        time.sleep(1)
    finally:
        for process in running:
            process.terminate()
            process.wait(20)
    (base / "case.toml").write_text(_CASE)
    (base / "owner.toml").write_text('format = "wirewitness-owner/1"\nphotos = "dcim"\n')
    command = ["wirewitness", "audit", "--case", str(base / "case.toml"), "--quiet", "-o", str(base / "out")]
    began, before = time.perf_counter(), _own_time()
    subprocess.run(_module(*command), check=True)
    spent, own = time.perf_counter() - began, _own_time() - before
    size = (base / "lo.pcap").stat().st_size
    found = {row["fact"] for row in json.loads((base / "out/result.json").read_text())["exposures"]}
    print(f"{size / 1e6:.0f} MB audited in {spent:.1f} s: {spent / size * 1e9:.0f} s per GB")
    print(f"of its own time {own:.1f} s: {own / size * 1e9:.0f} s per GB")
    print(f"{len(found)} of {megabytes // 4} photos found inside their sealed chunks")


def _own_time() -> float:
    """Processor time of ended children, seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]


if __name__ == "__main__":
    main()
