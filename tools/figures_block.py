"""Figures in a page of docs: what stands between two comments is made by a tool, the rest by hand."""

from __future__ import annotations

from pathlib import Path

METHOD = Path(__file__).parents[1] / "docs" / "method"


def put_figures(page: Path, tool: str, text: str) -> None:
    """Replaces what stands between the marks of `tool`, a path in the project; `ValueError` without them."""
    begin, end = f"<!-- figures: made by {tool} -->\n", "<!-- end of figures -->"
    before, mark, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not mark or not closed:
        raise ValueError(f"{page} has no marks for the figures of {tool}")
    page.write_text(f"{before}{mark}{text}{closed}{after}", encoding="utf-8")
