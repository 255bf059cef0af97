"""A cloud of optin as a process of its own on a real socket, that a test can kill and start again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def begin(state, port, *options, environment=None):
    """Start a cloud; it may not listen yet."""
    command = [sys.executable, "-m", "optin", "cloud", "--state", str(state), "--port", str(port), *options]
    with (state / "journal").open("ab") as journal:
        return subprocess.Popen(
            command, stdout=journal, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
        )


def wait_for(running, port) -> None:
    for _ in range(1200):
        if listens(port):
            return
        assert running.poll() is None, "the cloud ended before it listened"
        time.sleep(0.05)
    raise AssertionError("the cloud does not start")


def serve(state, port, *options):
    """Start a cloud, and return once it listens."""
    running = begin(state, port, *options)
    wait_for(running, port)
    return running


def stop(*running) -> None:
    for process in running:
        process.terminate()
    for process in running:
        process.wait(20)
