"""The figures of docs/method, made anew: all of them, or the parts that are named.

    make score                              everything; some hours
    make score PARTS="pictures detectors"   these parts
    python tools/score.py --list            what parts there are

Each part writes its own page, or its block of a page, and says so when it is left out for want of what it
needs. Exits with 1 when a part failed, or found what must not be found.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"


@dataclass(frozen=True)
class Part:
    """A tool, the page that it writes, and what it needs beside the package."""

    tool: str
    page: str
    what: str
    corpus: str = ""
    """A folder of the corpus, given to the tool."""
    libraries: tuple[str, ...] = ()
    """Modules that tools/encodings.txt installs."""


_ENCODINGS = ("cbor2", "msgpack", "bson", "lz4", "google.protobuf")
PARTS = {
    "decoding": Part(
        "tools/measure_decoding.py", "finding.md", "facts in nested encodings", libraries=_ENCODINGS
    ),
    "false": Part(
        "tools/count_false_exposures.py",
        "finding.md",
        "30,000 requests without any of the owner's facts",
        libraries=_ENCODINGS,
    ),
    "facts": Part("benchmarks/many_facts.py", "finding.md", "what very many facts cost"),
    "detectors": Part(
        "tools/measure_detectors.py", "detectors.md", "personal data that nobody listed", corpus="tweasel"
    ),
    "leakage": Part(
        "tools/measure_pii_leakage.py",
        "pii-leakage.md",
        "one person's address in real requests",
        corpus="pii-leakage",
    ),
    "pictures": Part("tools/measure_pictures.py", "pictures.md", "copies of photos, and unrelated ones"),
    "rhythm": Part("tools/measure_rhythm.py", "rhythm.md", "rhythms, beside RITA's scores"),
    "worlds": Part("tools/score_worlds.py", "score.md", "every world, audited and held against its truth"),
}


def lacking(part: Part) -> str:
    """What a part needs and is not there, in one sentence; "" where it can be made."""
    if part.corpus and not (CORPUS / part.corpus).is_dir():
        return f"it needs the corpus in ../shared/corpus/{part.corpus}, which is not there."
    missing = [name for name in part.libraries if not _installed(name)]
    if missing:
        return f"it needs {', '.join(missing)}: pip install --requirement tools/encodings.txt."
    return ""


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is not there
        return False


def run(part: Part) -> bool:
    """Make one part; True when its tool found nothing wrong."""
    corpus = [str(CORPUS / part.corpus)] if part.corpus else []
    return subprocess.run([sys.executable, part.tool, *corpus], cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """Make the parts, one after the other: some of them measure time."""
    parser = argparse.ArgumentParser(description="Make the figures of docs/method anew.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--list", action="store_true", help="say what parts there are")
    given = parser.parse_args()
    if unknown := [name for name in given.parts if name not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if given.list:
        for name, part in PARTS.items():
            print(f"{name:10} {part.what}: docs/method/{part.page}, by {part.tool}")
        return 0
    wrong = []
    for name in given.parts or PARTS:
        part = PARTS[name]
        if why := lacking(part):
            print(f"{name}: left out, for {why}", flush=True)
            continue
        print(f"{name}: {part.what} (docs/method/{part.page})", flush=True)
        begin = time.monotonic()
        if not run(part):
            wrong.append(name)
        print(f"{name}: {time.monotonic() - begin:.0f} s", flush=True)
    if wrong:
        print(f"Failed, or found what must not be found: {', '.join(wrong)}.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
