"""How fast the laboratory writes captures: one upload after another, per HTTP version.

    python benchmarks/lab.py [MEBIBYTES]

Prints megabytes of capture a second of processor time, and the peak of memory.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wirelab.lab import App, Exchange, Lab, Request, Response

START = datetime(2014, 7, 20, tzinfo=UTC)
BODY = bytes(range(256)) * 4096


def upload(alpn: str, mebibytes: int, path: Path) -> tuple[float, float]:
    """Megabytes written and seconds of processor time for so many uploads of one mebibyte."""
    before = time.process_time()
    left = mebibytes
    app = App("com.vendor.gallery", 10057)
    with Lab(1, START) as lab:
        lab.record(path, keys="embedded")
        lab.host("up.example", lab.addresses.pick("DE"), "DE", lambda _: Response(200), alpn=(alpn,))

        def put(_: Exchange | None = None) -> None:
            nonlocal left
            if left:
                left -= 1
                lab.phone.fetch(Request("PUT", "up.example", f"/{left}", (), BODY), app, put)

        put()
        lab.run(START + timedelta(hours=6))
    if left:
        raise RuntimeError(f"{left} uploads did not fit into six hours")
    return path.stat().st_size / 1e6, time.process_time() - before


def main() -> None:
    """Measure each version and print a table."""
    mebibytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        for alpn in ("http/1.1", "h2", "h3"):
            size, seconds = upload(alpn, mebibytes, Path(folder) / "capture.pcapng")
            print(f"{alpn:10} {size:8.1f} MB {seconds:7.2f} s {size / seconds:7.1f} MB/s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
