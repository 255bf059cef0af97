"""Every relative link in the documents points to something; the generated reference is up to date.

    python tools/check_docs.py

Prints what is wrong and exits with 1, or prints one line and exits with 0.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def broken_links() -> list[str]:
    """`file: link` for each relative link that leads nowhere."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = []
    for name in listed.stdout.split():
        page = ROOT / name
        links = LINK.findall(page.read_text(encoding="utf-8"))
        found += [f"{name}: {x}" for x in links if "://" not in x and not (page.parent / x).exists()]
    return found


def main() -> int:
    """Check links; the pages made from code are checked by the tests that make them."""
    broken = broken_links()
    for line in broken:
        print(line)
    if not broken:
        print("documents: every link leads somewhere")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
