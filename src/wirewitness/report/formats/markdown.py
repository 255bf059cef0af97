"""Markdown for a forum or an issue: verdicts, what was not seen, what left. Captured text forms no markup."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from wirewitness.report.rows import group_exposures
from wirewitness.report.visible import visible
from wirewitness.report.words import claim_text, device_name, recorded_days

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirewitness.model.result import Result
    from wirewitness.report.texts import Texts

MOST = 100
# Everything that begins markup, mentions or links in CommonMark and on the usual forums.
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~@:$])")


def render_markdown(result: Result, texts: Texts) -> str:
    """The whole as one text."""
    lines = [
        f"# {plain(result.title or texts('report.title'))}",
        "",
        f"**{plain(device_name(result, texts))}** · {plain(recorded_days(result, texts))}",
        "",
        f"## {texts('report.verdicts.heading')}",
        "",
    ]
    if result.verdicts:
        lines += [texts("report.verdicts.lead"), ""]
        heads = ["", texts("report.verdicts.search"), texts("report.verdicts.outcome")]
        heads.append(texts("cli.table.strength"))
        rows = [
            (
                verdict.claim,
                claim_text(verdict, texts),
                texts(f"outcome.{verdict.outcome.value}.word"),
                texts(f"strength.{verdict.strength.value}") if verdict.strength else "–",
            )
            for verdict in result.verdicts
        ]
        lines += table(heads, rows)
    else:
        lines += [texts("cli.no_claims")]
    lines += ["", f"## {texts('report.unseen.heading')}", "", texts("report.unseen.lead"), ""]
    coverage = result.coverage
    if coverage.up_bytes:
        readable = texts.figures.percent(coverage.readable_up_bytes, coverage.up_bytes)
        lines.append(texts("cli.unread", readable=readable, total=texts.figures.size(coverage.up_bytes)))
    heads = [texts(f"report.unseen.{name}") for name in ("destination", "bytes", "reason")]
    unread = [
        (one.destination, texts.figures.size(one.up_bytes), texts.label("opaque", one.reason))
        for one in sorted(coverage.opaque, key=lambda one: -one.up_bytes)[:MOST]
    ]
    lines += ["", *table(heads, unread), "", f"## {texts('report.exposures.heading')}", ""]
    heads = [texts(f"cli.table.{name}") for name in ("kind", "destination", "times", "consent")]
    groups = [
        (
            texts.kind(group.kind),
            group.destination,
            texts.figures.number(group.count),
            texts.join(texts.label("consent_short", status) for status, _ in group.consent),
        )
        for group in group_exposures(result.exposures)[:MOST]
    ]
    lines += table(heads, groups) if groups else [texts("report.exposures.none")]
    validation = result.validation
    key = "validation_text" if validation.real_phones else "validation_lab_only"
    basis = texts(f"report.provenance.{key}", worlds=validation.worlds, phones=validation.real_phones)
    lines += ["", f"## {texts('report.provenance.heading')}", "", basis, ""]
    lines += [f"- {plain(one.path)}: SHA-256 `{one.sha256}`" for one in result.captures[:MOST]]
    return "\n".join(lines) + "\n"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table; every cell is plain text."""
    names = list(heads)
    out = [_row(names), "|" + " --- |" * len(names)]
    return out + [_row(row) for row in rows]


def plain(text: str) -> str:
    """Text in which nothing is markup."""
    return escape(_MARKUP.sub(r"\\\1", visible(text)), quote=False)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"
