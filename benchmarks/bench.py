"""Speed and memory of `wirewitness audit`, beside tshark on the same files in the same run.

    python benchmarks/bench.py [--megabytes 300] [--long 2000] [--runs 3] [--cores 1] [--folder .bench]
        [--only KIND ...] [--json FILE]

Makes the captures with `make_captures.py`, then runs each program on each, one after the other, on so
many cores. Prints medians: MB/s of capture (by the clock and, for a busy machine, by processor time),
packets/s, peak memory, and how many times tshark's speed. tshark prints one line of fields a packet,
which is less than an audit does; with keys it decrypts as the audit does. A long capture of each kind
is run once, by the audit alone: it shows the speed without the second that starting and the report take,
and that memory does not grow; it is compared with tshark's speed on the short one, which would take minutes.
The audit runs as installed: with its byte code kept, which a run that is not counted makes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from facts import owner, write_owner
from make_captures import KINDS, make

ROOT = Path(__file__).resolve().parent.parent
FIRST = "plain-http"
FIELDS = (
    "frame.time_epoch",
    "ip.src",
    "ip.dst",
    "tcp.stream",
    "http.request.method",
    "http.host",
    "http.request.uri",
    "http.response.code",
    "http.content_length",
    "tls.handshake.extensions_server_name",
)


@dataclass(frozen=True)
class Run:
    """One run of a program."""

    seconds: float
    processor_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Job:
    """A capture to measure on, with its name in the table and the cores that a program may use."""

    path: Path
    kind: str
    name: str
    packets: int
    cores: set[int]


@dataclass(frozen=True)
class Row:
    """A program on a capture: medians over its runs."""

    kind: str
    capture: str
    program: str
    megabytes: float
    packets: int
    runs: int
    seconds: float
    processor_seconds: float
    megabytes_a_second: float
    packets_a_second: float
    peak_mib: float


def run(command: Sequence[str], cores: set[int]) -> Run:
    """Runs a command on some cores, its output thrown away. A failure ends the benchmark."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    with subprocess.Popen(
        command,
        env=kept,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509 - this program has no threads
    ) as process:
        assert process.stderr is not None
        words = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begin
    if process.returncode:
        sys.exit(f"{' '.join(command)}\nended with {process.returncode}: {words.strip()[-2000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure(job: Job, program: str, command: Sequence[str], runs: int) -> Row:
    """Medians over some runs."""
    capture = job.path
    output = capture.with_suffix(".audit")
    taken = []
    for _ in range(runs):
        shutil.rmtree(output, ignore_errors=True)
        taken.append(run(command, job.cores))
    seconds = statistics.median(one.seconds for one in taken)
    size = capture.stat().st_size / 1e6
    return Row(
        kind=job.kind,
        capture=job.name,
        program=program,
        megabytes=size,
        packets=job.packets,
        runs=runs,
        seconds=seconds,
        processor_seconds=statistics.median(one.processor_seconds for one in taken),
        megabytes_a_second=size / seconds,
        packets_a_second=job.packets / seconds,
        peak_mib=statistics.median(one.peak_mib for one in taken),
    )


def audit_command(capture: Path, keys: Path, owner_file: Path) -> list[str]:
    """The audit of a capture with the owner's facts."""
    program = shutil.which("wirewitness", path=str(ROOT / ".venv/bin")) or shutil.which("wirewitness")
    if program is None:
        sys.exit("wirewitness is not installed: run `make setup` first")
    with_keys = ["--keys", str(keys)] if keys.exists() else []
    output = str(capture.with_suffix(".audit"))
    return [
        program,
        "audit",
        str(capture),
        *with_keys,
        "--owner",
        str(owner_file),
        "-o",
        output,
        "--quiet",
        "--force",
    ]


def tshark_command(capture: Path, keys: Path) -> list[str]:
    """One line of fields a packet."""
    with_keys = ["-o", f"tls.keylog_file:{keys}"] if keys.exists() else []
    fields = [part for name in FIELDS for part in ("-e", name)]
    return ["tshark", "-n", "-r", str(capture), *with_keys, "-T", "fields", *fields]


def render(rows: Sequence[Row]) -> str:
    """The table, in Markdown."""
    columns = ("capture", "program", "MB/s", "MB/processor s", "packets/s", "peak MiB", "times tshark")
    lines = [f"| {' | '.join(columns)} |", f"|---|---|{'--:|' * (len(columns) - 2)}"]
    for row in rows:
        peer = next((other for other in rows if other.kind == row.kind and other.program == "tshark"), None)
        times = f"{row.megabytes_a_second / peer.megabytes_a_second:.1f}" if peer else ""
        cells = (
            f"{row.capture} ({row.megabytes:.0f} MB)",
            row.program,
            f"{row.megabytes_a_second:.0f}",
            f"{row.megabytes / row.processor_seconds:.0f}",
            f"{row.packets_a_second:,.0f}",
            f"{row.peak_mib:.0f}",
            times,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Reads the command line, makes the captures, measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench", help="for captures and results")
    parser.add_argument("--megabytes", type=int, default=300, help="size of each capture")
    parser.add_argument("--long", type=int, default=2000, help="size of the long ones, MB; 0 leaves them out")
    parser.add_argument("--runs", type=int, default=3, help="runs of the audit on each capture")
    parser.add_argument(
        "--peer-runs", type=int, default=1, help="runs of tshark on each capture; 0 leaves it out"
    )
    parser.add_argument("--cores", type=int, default=1, help="cores that each program may use")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seed", type=int, default=2014)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    cores = set(sorted(os.sched_getaffinity(0))[-options.cores :])
    peers = options.peer_runs if shutil.which("tshark") else 0
    if options.peer_runs and not peers:
        print("tshark is not installed: measured without it")
    options.folder.mkdir(parents=True, exist_ok=True)
    owner_file = options.folder / "owner.toml"
    write_owner(owner_file, owner(options.seed))
    first, _ = make(options.folder / "first", FIRST, 1, options.seed)
    run(audit_command(first, first.with_suffix(".keys"), owner_file), cores)  # not counted
    rows = []
    for kind in options.only:
        capture, packets = make(options.folder, kind, options.megabytes, options.seed)
        job, keys = Job(capture, kind, kind, packets, cores), capture.with_suffix(".keys")
        rows.append(measure(job, "wirewitness", audit_command(capture, keys, owner_file), options.runs))
        if peers:
            rows.append(measure(job, "tshark", tshark_command(capture, keys), peers))
        if options.long:
            capture, packets = make(options.folder / "long", kind, options.long, options.seed)
            job, keys = Job(capture, kind, f"{kind}, long", packets, cores), capture.with_suffix(".keys")
            rows.append(measure(job, "wirewitness", audit_command(capture, keys, owner_file), 1))
            capture.unlink()
    load = os.getloadavg()[1]
    machine = f"{len(cores)} of {os.cpu_count()} cores, {platform.machine()}, load {load:.1f}"
    print(f"{machine}; medians of {options.runs} runs")
    print(render(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
