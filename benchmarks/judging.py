"""What judging costs: permutations, a month of events and messages, and its share of an audit.

    python benchmarks/judging.py              # some minutes; writes the figures of docs/method/judging.md
    python benchmarks/judging.py --no-page

The month: 3,000 events, 300,000 flows and 10 million messages as tables, taken through finding and judging
by a fresh process, whose peak of memory is read. The share: an audit of a small world of the laboratory, the
most unfavourable case, since judging costs the same however long the capture is. Times are of the processor.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

from figures_block import METHOD, put_figures  # noqa: E402 - after the path is known
from small_world import NS, PHONE, START, HandMade, as_explained, at, claims_of_2014  # noqa: E402

from wirewitness import _core  # noqa: E402
from wirewitness import case as case_module  # noqa: E402
from wirewitness.case import audit  # noqa: E402
from wirewitness.judge.trial_plan import PHOTO_CODES  # noqa: E402
from wirewitness.judge.trial_power import drawn  # noqa: E402
from wirewitness.judge.trial_statistics import analyse  # noqa: E402

MESSAGES, FLOWS, EVENTS, HOSTS, DAYS = 10_000_000, 300_000, 3_000, 50, 30
PORTION = 100_000
SHUFFLES, DESTINATIONS, WINDOWS = 10_000, 8, 40
WORLD = "as_alleged"
JUDGING = ("judge_control", "gather_evidence", "hold_trials", "judge_claims", "coverage_table")
TEXT = """\
**What judging costs.** {shuffles:,} permutations of {windows} windows at {destinations} destinations take
{permuting:.1f} s (2 s are allowed). A month of {events:,} events and {messages:,} messages in {flows:,}
flows: finding and judging take {month_s:.0f} s and {month_mib:.0f} MiB at the peak (512 MiB are allowed).
Of the audit of the laboratory's world `{world}`, {audit_s:.1f} s long, judging is {share:.1%} (5 % are
allowed); it costs the same in a longer one. Times are of the processor.
"""


def permuting() -> float:
    """Seconds for the permutations of one series."""
    rng = np.random.default_rng(1)
    draw = drawn(PHOTO_CODES, WINDOWS // len(PHOTO_CODES), rng)
    volumes = rng.integers(0, 2_000_000, (DESTINATIONS, 1, WINDOWS)).astype(float)
    begun = time.process_time()
    analyse(volumes, draw, SHUFFLES, 1)
    return time.process_time() - begun


class Month(HandMade):
    """A decoder that adds a month's flows and messages to those of a small world."""

    def decode_captures(self, request, tables_dir, progress) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
        """The tables, the long ones written in portions."""
        super().decode_captures(request, tables_dir, progress)
        empty = dict(_core.Decoder.empty_tables())
        for name, total, columns in (("flow", FLOWS, _flows), ("message", MESSAGES, _messages)):
            path, schema = tables_dir / f"{name}.parquet", empty[name].schema
            small = pq.read_table(path, schema=schema)
            with pq.ParquetWriter(path, schema) as writer:
                writer.write_table(small)
                for begin in range(0, total, PORTION):
                    numbers = np.arange(begin, min(begin + PORTION, total))
                    given = columns(numbers, total)
                    full = [_column(given.get(one.name), one.type, len(numbers)) for one in schema]
                    writer.write_table(pa.Table.from_arrays(full, schema=schema))


def _flows(numbers: np.ndarray, total: int) -> dict[str, object]:
    time_ns = _times(numbers, total)
    return {
        "id": _ids(numbers), "first_ns": time_ns, "last_ns": time_ns + 2 * NS, "host": _hosts(numbers),
        "client": PHONE, "server": "42.62.94.17", "server_port": 443, "ip_proto": 6, "phone": "client",
        "state": "established", "protocol": "http/1.1", "app_bytes_client": 200, "app_bytes_server": 100,
        "readable_bytes_client": 200, "readable_bytes_server": 100,
    }  # fmt: skip


def _messages(numbers: np.ndarray, total: int) -> dict[str, object]:
    time_ns, flows = _times(numbers, total), numbers * FLOWS // total
    return {
        "flow": _ids(flows), "time_ns": time_ns, "end_ns": time_ns + NS, "host": _hosts(flows), "up": True,
        "from_client": True, "protocol": "http/1.1", "method": "POST",
    }  # fmt: skip


def _times(numbers: np.ndarray, total: int) -> np.ndarray:
    return int(START) + numbers.astype("int64") * (DAYS * 24 * 3600 * NS // total)


def _ids(flows: np.ndarray) -> list[str]:
    return [f"1:{flow:028d}#0" for flow in flows]


def _hosts(flows: np.ndarray) -> list[str]:
    return [f"h{flow % HOSTS}.vendor.example" for flow in flows]


def _column(given: object, kind: pa.DataType, count: int) -> pa.Array:
    if isinstance(given, (list, np.ndarray)):
        return pa.array(given).cast(kind)
    if given is None:
        given = "" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else 0
    if pa.types.is_boolean(kind):
        given = bool(given)
    return pa.array([given], kind).take(pa.array(np.zeros(count, "int64")))


@dataclass
class Stages:
    """When each stage of an audit began, in seconds of the processor."""

    begun: dict[str, float] = field(default_factory=dict)

    def __call__(self, stage: str, _done: int, _total: int) -> None:
        """What an audit calls as it goes on."""
        self.begun.setdefault(stage, time.process_time())


def month() -> None:
    """In a process of its own: prints the seconds of finding and judging, and the peak of memory in MiB."""
    world = as_explained(days=DAYS)
    for number in range(EVENTS):
        world.state(at(1, number * 0.2), "screen", "on" if number % 2 else "off")
    stages = Stages()
    with tempfile.TemporaryDirectory() as folder:
        case = world.write_case(Path(folder), claims_of_2014(world))
        audit(case=case, output=Path(folder) / "audit", decoder=Month(world), progress=stages)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.process_time() - stages.begun["find"], peak]))


class Timed:
    """Adds up the time of the functions of an audit that judge."""

    def __init__(self) -> None:
        self.seconds = 0.0
        for name in JUDGING:
            setattr(case_module, name, self._timed(getattr(case_module, name)))

    def _timed(self, function: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object) -> object:
            begun = time.process_time()
            try:
                return function(*given)
            finally:
                self.seconds += time.process_time() - begun

        return call


def share() -> tuple[float, float]:
    """Seconds of the audit of a played world, and the part of them that judging took."""
    judging = Timed()
    with tempfile.TemporaryDirectory() as folder:
        played = Path(folder) / "played"
        command = [sys.executable, "-m", "wirelab", "play", WORLD, "--seed", "1", "-o", str(played)]
        subprocess.run(command, check=True, capture_output=True)
        begun = time.process_time()
        audit(case=played / "case.toml", output=Path(folder) / "audit")
        whole = time.process_time() - begun
    return whole, judging.seconds / whole


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--month", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--no-page", action="store_true", help="leave docs/method/judging.md as it is")
    given = parser.parse_args()
    if given.month:
        month()
        return 0
    command = [sys.executable, __file__, "--month"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    month_s, month_mib = json.loads(done.stdout)
    audit_s, judging = share()
    text = TEXT.format(
        shuffles=SHUFFLES,
        windows=WINDOWS,
        destinations=DESTINATIONS,
        permuting=permuting(),
        events=EVENTS,
        messages=MESSAGES,
        flows=FLOWS,
        month_s=month_s,
        month_mib=month_mib,
        world=WORLD,
        audit_s=audit_s,
        share=judging,
    )
    print(text)
    if not given.no_page:
        put_figures(METHOD / "judging.md", "benchmarks/judging.py", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
