"""Every relative link in the documents points to something; the pages made from code are up to date.

    python tools/check_docs.py

Prints what is wrong and exits with 1, or prints one line and exits with 0.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import make_closed_lists
import make_tables_page

from wirewitness.cli import app
from wirewitness.cli.reference import render_reference

ROOT = Path(__file__).parents[1]
CLI = ROOT / "docs" / "reference" / "cli.md"
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


def stale_pages() -> list[str]:
    """`file: how to make it anew` for each page made from code that is not what the code says."""
    made = [
        (CLI, render_reference(app), "python -m wirewitness.cli.reference > docs/reference/cli.md"),
        (
            make_closed_lists.PAGE,
            make_closed_lists.render_closed_lists(),
            "python tools/make_closed_lists.py",
        ),
        (make_tables_page.PAGE, make_tables_page.render_tables(), "python tools/make_tables_page.py"),
    ]
    return [
        f"{page.relative_to(ROOT)}: not what the code says; run: {command}"
        for page, text, command in made
        if not page.exists() or page.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Check the links, then the pages made from code."""
    wrong = broken_links() + stale_pages()
    for line in wrong:
        print(line)
    if not wrong:
        print("documents: every link leads somewhere, every page made from code is up to date")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
