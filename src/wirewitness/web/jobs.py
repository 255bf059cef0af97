"""Audits in worker processes: progress comes line by line, a job can be cancelled, a crash stays its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

MOST_RUNNING = 2
_PATIENCE_S = 10


@dataclass
class Job:
    """One audit. `error` is a sentence once it failed."""

    id: str
    output: Path
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    stage: str = "prescan"
    done: int = 0
    total: int = 0
    error: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Order:
    """What a worker is asked to do, as JSON on its standard input."""

    captures: tuple[str, ...]
    output: str
    keys: tuple[str, ...] = ()
    owner: str | None = None
    case: str | None = None
    language: str = "en"


class Jobs:
    """All jobs of a server; every method may be called from any thread."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, id_: str, order: Order) -> Job:
        """Start an audit; ValueError when as many run as may."""
        with self._lock:
            if sum(job.state == "running" for job in self._jobs.values()) >= MOST_RUNNING:
                raise ValueError(f"{MOST_RUNNING} audits are running; wait for one, or cancel it")
            job = Job(id_, Path(order.output))
            job.process = subprocess.Popen(
                [sys.executable, "-m", "wirewitness.web.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self._jobs[id_] = job
        threading.Thread(target=self._follow, args=(job, order), daemon=True).start()
        return job

    def get(self, id_: str) -> Job | None:
        """The job of this id."""
        return self._jobs.get(id_)

    def cancel(self, job: Job) -> None:
        """Stop a running job; its half-written folder goes with it."""
        with self._lock:
            if job.state != "running":
                return
            job.state = "cancelled"
        if job.process is not None:
            _stop(job.process)

    def close(self) -> None:
        """Stop whatever still runs."""
        for job in list(self._jobs.values()):
            self.cancel(job)

    def _follow(self, job: Job, order: Order) -> None:
        process = job.process
        if process is None or process.stdin is None or process.stdout is None:
            return
        with process:
            try:
                process.stdin.write(json.dumps(asdict(order)))
                process.stdin.close()
            except OSError:
                pass  # it ended before it was told; its exit code says so below
            for line in process.stdout:
                self._take(job, line)
            code = process.wait()
        with self._lock:
            if job.state == "running":
                job.state = "done" if code == 0 else "failed"
                if code != 0 and not job.error:
                    job.error = f"the audit ended unexpectedly (code {code}); nothing was kept"

    def _take(self, job: Job, line: str) -> None:
        try:
            said = json.loads(line)
            job.stage, job.done, job.total = str(said["stage"]), int(said["done"]), int(said["total"])
            job.error = str(said.get("error", ""))
        except (ValueError, KeyError, TypeError):
            return  # what a library prints on the way is no progress


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
