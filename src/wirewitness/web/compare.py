"""Two cases side by side: what is said of the same statement, and what went where in only one of them."""

from __future__ import annotations

from dataclasses import dataclass

from wirewitness.model.result import Result
from wirewitness.report.rows import group_exposures
from wirewitness.report.texts import Texts
from wirewitness.report.words import claim_text


@dataclass(frozen=True)
class Line:
    """One row: its name, what each case has there ("–" for nothing), whether they differ."""

    name: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.left != self.right


def compare_verdicts(left: Result, right: Result, texts: Texts) -> list[Line]:
    """By claim id."""
    sides = [
        {verdict.claim: texts(f"outcome.{verdict.outcome.value}.word") for verdict in result.verdicts}
        for result in (left, right)
    ]
    words = {verdict.claim: claim_text(verdict, texts) for verdict in (*right.verdicts, *left.verdicts)}
    claims = dict.fromkeys([*sides[0], *sides[1]])
    return [
        Line(f"{claim} {words[claim]}", sides[0].get(claim, "–"), sides[1].get(claim, "–"))
        for claim in claims
    ]


def compare_exposures(left: Result, right: Result, texts: Texts) -> list[Line]:
    """By kind of data and destination."""
    sides = [
        {(group.kind, group.destination): group.count for group in group_exposures(result.exposures)}
        for result in (left, right)
    ]
    keys = dict.fromkeys([*sides[0], *sides[1]])
    return [
        Line(
            f"{texts.kind(kind)} → {host}",
            texts.figures.number(sides[0][kind, host]) if (kind, host) in sides[0] else "–",
            texts.figures.number(sides[1][kind, host]) if (kind, host) in sides[1] else "–",
        )
        for kind, host in keys
    ]


def compare_readable(left: Result, right: Result, texts: Texts) -> Line:
    """The share that could be read: two cases that were not read alike cannot be compared as if they were."""
    shares = [
        texts.figures.percent(one.coverage.readable_up_bytes, one.coverage.up_bytes) for one in (left, right)
    ]
    return Line(texts("report.unseen.readable"), *shares)
