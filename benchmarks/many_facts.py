"""What a very large owner's file costs: 50,000 plain forms and 10^6 digests beside the usual 200 facts.

    python benchmarks/many_facts.py [--megabytes 300] [--runs 3] [--folder .bench] [--no-page]

Writes the figures of docs/method/finding.md. Decodes the benchmark's capture of plain HTTP with each, in turn
and each run in a process of its own, and tells the processor time of decoding without that of making the
forms ready (which a capture of one megabyte tells), how many times longer the many take, and the peak of
memory of a whole audit. The bounds are a quarter and 256 MiB.
The many forms are those of an address book in an owner's file; its digests are filled up to 10^6 with those
of other numbers, because an owner whose facts have a million digests has far more forms.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tools"))

from facts import Fact, owner, write_owner
from figures_block import METHOD, put_figures
from make_captures import make

from wirewitness import case
from wirewitness.decode import choose_phone, decode_captures, prescan
from wirewitness.find.needles import Watch, watch_for
from wirewitness.find.owner_file import read_owner
from wirewitness.model.decoding import DecodeRequest
from wirewitness.model.needle import DigestPack, Needles
from wirewitness.report.language import Language
from wirewitness.report.rendering import render_report

ROOT = Path(__file__).resolve().parent.parent
KIND = "plain-http"
FORMS, DIGESTS = 50_000, 1_000_000
CONTACTS = 1_670
"""Telephone numbers that, beside the 200 facts, have 50,000 forms."""


@dataclass(frozen=True)
class Cost:
    """One owner on one capture. Times are of the processor, seconds."""

    forms: int
    digests: int
    forms_seconds: float
    ready_seconds: float
    decode_seconds: float
    peak_mib: float = 0.0


def many() -> list[Fact]:
    """The 200 facts and an address book."""
    book = [Fact(f"book-{n}", "contact", f"+3361{n * 3571 % 10**7:07d}") for n in range(CONTACTS)]
    return [*owner(), *book]


def filled_up(needles: Needles) -> Needles:
    """The same with digests of other numbers, to 10^6."""
    lacking = range(DIGESTS - sum(map(len, needles.digests)))
    others = bytearray()
    for number in lacking:
        others += hashlib.sha256(f"+4479{number:08d}".encode()).digest()
    pack = DigestPack("sha256", 32, bytes(4 * len(lacking)), bytes(others))
    return replace(needles, digests=(*needles.digests, pack), hashed=max(needles.hashed, 1))


def measure(owner_file: Path, capture: Path, small: Path, *, fill: bool) -> Cost:
    """Decodes the small capture, then the whole one, in this process."""
    begin = time.process_time()
    needles = watch_for(read_owner(owner_file)).needles
    made = time.process_time() - begin
    if fill:
        needles = filled_up(needles)
    ready, whole = (_decode(path, needles) for path in (small, capture))
    return Cost(len(needles.plain), sum(map(len, needles.digests)), made, ready, whole - ready)


def audit(owner_file: Path, capture: Path, *, fill: bool) -> float:
    """The peak of memory (MiB) of a whole audit with its report, as the command does it."""
    if fill:
        plain = case.watch_for
        case.watch_for = lambda owner: _filled(plain(owner))
    with tempfile.TemporaryDirectory() as folder:
        case.audit(
            [capture],
            Path(folder) / "audit",
            owner=owner_file,
            finish=lambda at, result: render_report(at, Language.EN, result=result),
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _filled(watch: Watch) -> Watch:
    return replace(watch, needles=filled_up(watch.needles))


def _decode(capture: Path, needles: Needles) -> float:
    info = prescan(capture)
    phone = choose_phone([info])
    request = DecodeRequest(captures=(info,), phone_addresses=phone.addresses, needles=needles)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        decode_captures(request, Path(folder), lambda _stage, _done, _total: None)
        return time.process_time() - begin


def child(owner_file: Path, capture: Path, small: Path, *, fill: bool) -> Cost:
    """`measure` and `audit`, each in a process of its own, on one core."""
    core = max(os.sched_getaffinity(0))
    common = [sys.executable, __file__, "--one", str(owner_file), str(capture), str(small), str(int(fill))]

    def run(what: str) -> str:
        return subprocess.run(
            [*common, what],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        ).stdout

    return Cost(**{**json.loads(run("decode")), "peak_mib": float(run("audit"))})


def median(costs: list[Cost]) -> Cost:
    """Field by field."""
    rows = [asdict(cost) for cost in costs]
    return Cost(**{name: statistics.median(row[name] for row in rows) for name in rows[0]})


def main() -> None:
    """Reads the command line, makes the capture and the owners, measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench", help="for captures and owners")
    parser.add_argument("--megabytes", type=int, default=300, help="size of the capture")
    parser.add_argument("--no-page", action="store_true", help="leave docs/method/finding.md as it is")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; medians are printed")
    parser.add_argument("--one", nargs=5, metavar="ARGUMENT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        owner_file, capture, small, fill, what = options.one
        if what == "audit":
            print(audit(Path(owner_file), Path(capture), fill=fill == "1"))
        else:
            cost = measure(Path(owner_file), Path(capture), Path(small), fill=fill == "1")
            print(json.dumps(asdict(cost)))
        return
    capture, _ = make(options.folder, KIND, options.megabytes, 2014)
    small, _ = make(options.folder / "small", KIND, 1, 2014)
    few_file, many_file = options.folder / "owner.toml", options.folder / "owner-many.toml"
    write_owner(few_file, owner())
    write_owner(many_file, many())
    few, lots = [], []
    for _ in range(options.runs):
        few.append(child(few_file, capture, small, fill=False))
        lots.append(child(many_file, capture, small, fill=True))
    text = render(few, lots, capture.stat().st_size)
    print(text)
    if not options.no_page:
        put_figures(METHOD / "finding.md", "benchmarks/many_facts.py", text)


def render(few: list[Cost], lots: list[Cost], size: int) -> str:
    """The figures as Markdown."""
    lines = [
        "| forms | digests | making the forms, s | making ready, s | decoding, s | peak of an audit, MiB |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for cost in (median(few), median(lots)):
        times = f"{cost.forms_seconds:.1f} | {cost.ready_seconds:.1f} | {cost.decode_seconds:.1f}"
        lines.append(f"| {cost.forms:,} | {cost.digests:,} | {times} | {cost.peak_mib:.0f} |")
    longer = sorted(b.decode_seconds / a.decode_seconds for a, b in zip(few, lots, strict=True))
    usual = statistics.median(longer)
    told = f"{KIND}, {size / 1e6:.0f} MB; medians of {len(few)} runs. Decoding takes {usual:.2f}"
    told += f" times as long with the many ({longer[0]:.2f} to {longer[-1]:.2f} by run; the bound is 1.25)."
    return "\n".join([*lines, "", told]) + "\n"


if __name__ == "__main__":
    main()
