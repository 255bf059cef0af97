"""One audit in a process of its own: an order on standard input, a line of JSON for each step of progress.

python -m wirewitness.web.worker < order.json
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wirewitness.case import audit
from wirewitness.model.custody import Custody
from wirewitness.model.errors import WitnessError
from wirewitness.model.instant import NS, Instant
from wirewitness.report.language import Language
from wirewitness.report.rendering import render_report

if TYPE_CHECKING:
    from types import FrameType

_EVERY_S = 0.2


def main() -> int:
    """Audit, and say how it goes; 0 when it is done, 2 with the reason when it could not be."""
    signal.signal(signal.SIGTERM, _end)
    order = json.load(sys.stdin)
    last, said = 0.0, ""

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal last, said
        now = time.monotonic()
        if stage != said or now - last >= _EVERY_S:
            last, said = now, stage
            _say(stage=stage, done=done, total=total)

    language = Language(order["language"])
    try:
        audit(
            [Path(path) for path in order["captures"]],
            Path(order["output"]),
            keys=[Path(path) for path in order["keys"]],
            owner=Path(order["owner"]) if order["owner"] else None,
            case=Path(order["case"]) if order["case"] else None,
            custody=Custody(Instant(time.time_ns() // NS * NS)),
            progress=progress,
            finish=lambda folder, result: render_report(folder, language, result=result),
        )
    except (WitnessError, OSError) as error:
        _say(stage="failed", done=0, total=0, error=str(error))
        return 2
    return 0


def _say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _end(_signal: int, _frame: FrameType | None) -> None:
    """A cancelled audit cleans up behind itself: an exception runs through its `finally`."""
    raise SystemExit(3)


if __name__ == "__main__":
    sys.exit(main())
