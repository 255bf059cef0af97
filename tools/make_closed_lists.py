"""The page docs/reference/closed-lists.md, made of the lists that the program itself uses.

python tools/make_closed_lists.py          writes the page
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wirewitness.decode import closed_lists
from wirewitness.model.kind import AnswerKind, DataKind

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "closed-lists.md"
HEAD = """\
# The closed lists

Every word that tables and results use for something odd, unread, decoded or private. Made from the program
by `python tools/make_closed_lists.py`; a test holds the two together. A list grows only with a row in the
code and its words in every language of the report.
"""
ANOMALIES = """\
What is odd in a file or in traffic: counted, never raised. Source: `crates/wirecore/src/anomaly.rs`."""
REASONS = """\
Why application bytes stayed unread. Such bytes blind the claims that they touch. Source:
`crates/wirecore/src/anomaly.rs`."""
CODECS = """\
What is opened inside a body, with the reason why it is looked for. Source: `CODECS` in
`crates/wirecore/src/unwrap/mod.rs`. One more step is named like a codec without being tried on every body:
`optin_chunk`, a chunk of the honest system that the owner's audit export opens."""
FORMS = """\
Forms of HTTPDNS that are read: names that an app asks of a resolver by plain HTTP, so that a later connection
to the address has its name. They stand in the column `via` of the table of names. Source: `FORMS` in
`crates/wirecore/src/dns/httpdns.rs`."""
KINDS = """\
What a private value is, with the nearest term of the W3C Data Privacy Vocabulary. A family (`identifier`,
`network`, `sms`) stands for all of it. Source: `src/wirewitness/model/kind.py`."""
ANSWERS = """\
What a cloud sends down that a claim may speak of; not personal data. Source: the same file."""
CORE = {
    "anomaly": ("Anomaly kinds", ANOMALIES, "meaning"),
    "opaque_reason": ("Opaque reasons", REASONS, "meaning"),
    "codec": ("Codecs", CODECS, "reason"),
    "httpdns": ("Forms of HTTPDNS", FORMS, "reason"),
}


def render_closed_lists() -> str:
    """The page as Markdown."""
    lists = closed_lists()
    if unknown := lists.keys() ^ CORE.keys():
        raise SystemExit(f"say in tools/make_closed_lists.py what this list is: {', '.join(sorted(unknown))}")
    parts = [HEAD]
    for name, (title, about, column) in CORE.items():
        parts.append(_section(title, about, ("name", column), lists[name]))
    kinds = [(kind.value, f"`{kind.term}`", kind.meaning) for kind in DataKind]
    parts.append(_section("Data kinds", KINDS, ("name", "term", "meaning"), kinds))
    answers = [(kind.value, kind.meaning) for kind in AnswerKind]
    parts.append(_section("Answer kinds", ANSWERS, ("name", "meaning"), answers))
    return "\n".join(parts)


def _section(title: str, about: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"## {title}", "", about, "", _row(columns), "|---" * len(columns) + "|"]
    lines += [_row((f"`{name}`", *rest)) for name, *rest in rows]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.strip().replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(render_closed_lists(), encoding="utf-8")
