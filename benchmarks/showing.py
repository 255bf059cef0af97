"""How quickly a case is shown and proved: start, the report of a week, its opening, seal, verify, a filter.

    python benchmarks/showing.py [-o docs/method/showing.md] [--rows 5000000] [--megabytes 256]

A week is made of the small world's result, repeated to 50,000 exposures: more than a week of 50,000
messages gives. Each has bytes of its own: of one of forty kinds of JSON text with values of differing
lengths, or of an image. Times are of the processor, and by the clock beside it, since other work may run
here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from tiny_case import small_case  # noqa: E402 - after the path is known

from wirewitness.bundle import Custody, seal_case, verify_bundle  # noqa: E402
from wirewitness.case import audit  # noqa: E402
from wirewitness.evidence import Window, window_span, write_evidence  # noqa: E402
from wirewitness.model.instant import Instant  # noqa: E402
from wirewitness.report.language import Language  # noqa: E402
from wirewitness.report.rendering import read_result, render_report  # noqa: E402
from wirewitness.web.explore import Filter, find_rows  # noqa: E402

EXPOSURES, HOSTS, HOUR = 50_000, 300, 3600 * 10**9
Line = tuple[str, str, str, str]


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the processor and by the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - clock


def both(cpu: float, clock: float) -> str:
    """The two as text."""
    return f"{cpu:.2f} s ({clock:.2f} s by the clock)"


FIELDS = [
    "imei", "mac", "serial", "lat", "lon", "model", "build", "uuid", "oaid", "carrier", "screen", "battery",
    "lang", "tz", "app", "channel", "ts", "sign",
]  # fmt: skip
Shape = tuple[list[str], list[int], int]


def make_window(draw: random.Random, shapes: list[Shape]) -> tuple[tuple[int, int], Window]:
    """Where something was found in a message of one of these shapes, or that an image was, and its bytes."""
    if draw.random() < 0.15:
        end = draw.randrange(20_000, 400_000)
        stages = (("body", end + 200), ("multipart part:1", end))
        return (0, end), Window(0, draw.randbytes(256), stages)
    names, lengths, place = shapes[int(draw.random() ** 2 * len(shapes))]
    text, found = "{", (0, 0)
    for number, (name, most) in enumerate(zip(names, lengths, strict=True)):
        value = "490154203237518" if number == place else f"{draw.getrandbits(4 * draw.randint(1, most)):x}"
        text += f'"{name}":"'
        if number == place:
            found = len(text), len(text) + len(value)
        text += f'{value}",'
    data = f"{text[:-1]}}}".encode()
    begin, end = window_span(found)
    stages = (("body as sent", len(data) // 2), ("body", len(data)))
    return found, Window(begin, data[begin:end], stages)


def make_week(case: Path, folder: Path) -> None:
    """A case folder whose result holds `EXPOSURES` exposures over seven days, and the bytes of each."""
    audit(case=case, output=folder)
    draw = random.Random(5)
    shapes = [
        (draw.sample(FIELDS, 10), [draw.choice((3, 8, 13, 32)) for _ in range(10)], draw.randrange(10))
        for _ in range(40)
    ]
    bytes_of = [make_window(draw, shapes) for _ in range(EXPOSURES)]
    result = read_result(folder)
    one = result.exposures[0]
    many = tuple(
        replace(
            one,
            id=hashlib.sha256(str(number).encode()).hexdigest()[:16],
            message=number,
            range=bytes_of[number][0],
            time=Instant(one.time + 168 * HOUR * number // EXPOSURES),
            destination=f"host{number % HOSTS}.vendor.example",
        )
        for number in range(EXPOSURES)
    )
    (folder / "result.json").write_text(replace(result, exposures=many).text, "utf-8")
    write_evidence(folder, ((x.id, window) for x, (_, window) in zip(many, bytes_of, strict=True)))


def held_line(page: str) -> Line:
    """How many bytes of each exposure the page shows."""
    said = re.search(r"At most (\d+) bytes of each row", page)
    left = re.search(r"Of ([\d,]+) rows the bytes are not in this page", page)
    without = int(left[1].replace(",", "")) if left else 0
    return (
        "exposures that open a hex view",
        f"{EXPOSURES - without:,}",
        f"{EXPOSURES:,}",
        f"{said[1] if said else 256} bytes each",
    )


def report_lines(work: Path) -> list[Line]:
    """The report of the week: time, memory of a fresh process, size, and how soon Chromium has opened it."""
    week = work / "week"
    make_week(small_case(work / "inputs"), week)
    done = subprocess.run(
        [sys.executable, __file__, "--only-report", str(week)], check=True, capture_output=True, text=True
    )
    cpu, clock, memory = json.loads(done.stdout)
    size = (week / "report.html").stat().st_size / 1e6
    lines = [
        ("report of 50,000 exposures", both(cpu, clock), "5 s", ""),
        ("its memory", f"{memory:.0f} MiB", "300 MiB", ""),
        ("its size", f"{size:.2f} MB", "3 MB", ""),
        held_line((week / "report.html").read_text("utf-8")),
    ]
    browser = shutil.which("chromium")
    if browser:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

        with sync_playwright() as running:
            started = running.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = started.new_page()
            _, clock = timed(lambda: page.goto((week / "report.html").as_uri(), wait_until="load"))
            started.close()
        lines.append(("opened in Chromium", f"{clock:.2f} s by the clock", "2 s", "until the load event"))
    return lines


def bundle_lines(work: Path, megabytes: int) -> list[Line]:
    """Seal and verify (hashes only) with an attachment of random bytes."""
    case = small_case(work / "sealing")
    audit(case=case, output=work / "audit")
    ballast = work / "ballast.bin"
    block = hashlib.shake_256(b"ballast").digest(1 << 20)
    with ballast.open("wb") as file:
        for _ in range(megabytes):
            file.write(block)
    custody, bundle = Custody(Instant(0)), work / "case.zip"
    sealing = timed(
        lambda: seal_case(work / "audit", bundle, custody=custody, secret=bytes(32), attachments=[ballast])
    )
    checking = timed(lambda: verify_bundle(bundle, rerun=False))
    size = bundle.stat().st_size / 1e6
    return [
        (name, f"{size / cpu:.0f} MB/s ({size / clock:.0f} by the clock)", "200 MB/s", f"{size:.0f} MB")
        for name, (cpu, clock) in (("seal", sealing), ("verify, hashes only", checking))
    ]


def start_lines() -> list[Line]:
    """How long a command that has little to do takes from start to end, the best of five."""
    lines = []
    for words in (["--help"], ["doctor"], ["mark", "--help"], ["claims"]):
        spent = []
        for _ in range(5):
            began, clock = os.times(), time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "wirewitness", *words], check=True, stdout=subprocess.DEVNULL
            )
            ended = os.times()
            cpu = ended.children_user + ended.children_system - began.children_user - began.children_system
            spent.append((cpu, time.perf_counter() - clock))
        lines.append((f"start to end of `{' '.join(words)}`", both(*min(spent)), "0.2 s", ""))
    return lines


def filter_lines(work: Path, rows: int) -> list[Line]:
    """Filters of the local page over a table of messages."""
    tables = work / "big" / "tables"
    tables.mkdir(parents=True)
    with ExitStack() as stack:
        db = stack.enter_context(duckdb.connect())
        db.execute(
            f"COPY (SELECT i AS number, 'host' || (i % {HOSTS}) || '.vendor.example' AS host, "  # noqa: S608
            "i % 3 = 0 AS up, (i * 7919) % 100000 AS body_bytes, '/v1/path/' || (i % 1000) AS path "
            f"FROM range({rows}) t(i)) TO '{tables / 'message.parquet'}' (FORMAT parquet)"
        )
    asked = {
        "host contains": [Filter("host", "contains", "HOST17")],
        "host is, bytes at least": [
            Filter("host", "is", "host17.vendor.example"),
            Filter("body_bytes", "at least", "90000"),
        ],
        "path contains, rare": [Filter("path", "contains", "/999")],
    }
    lines = []
    for name, filters in asked.items():

        def ask(filters: list[Filter] = filters) -> object:
            return find_rows(work / "big", "message", filters)

        ask()
        cpu, clock = min((timed(ask) for _ in range(3)), key=lambda pair: pair[1])
        lines.append(
            (
                f"filter over {rows:,} rows: {name}",
                f"{cpu * 1000:.0f} ms ({clock * 1000:.0f} ms by the clock)",
                "300 ms",
                "of both cores",
            )
        )
    return lines


HEAD = """\
# How quickly it is shown and proved
Made by `python benchmarks/showing.py -o docs/method/showing.md` on two cores that other work
may share; the processor's time is what counts. What is measured stands at the top of that file.

| what | measured | wanted | remark |
|---|---|---|---|
"""

TAIL = """
The filtered table is generated: its texts repeat, as hosts and paths do, so it packs well.
"""


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--only-report", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only_report:
        cpu, clock = timed(lambda: render_report(given.only_report, Language.EN))
        # Not getrusage: its highest mark is inherited from the process that started this one.
        status = dict(
            line.split(":\t", 1)
            for line in Path("/proc/self/status").read_text().splitlines()
            if ":\t" in line
        )
        print(json.dumps([cpu, clock, int(status["VmHWM"].split()[0]) / 1024]))
        return
    with tempfile.TemporaryDirectory(prefix="showing-") as name:
        work = Path(name)
        lines = [
            *start_lines(),
            *report_lines(work),
            *bundle_lines(work, given.megabytes),
            *filter_lines(work, given.rows),
        ]
    text = HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines) + TAIL
    if given.output:
        given.output.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
