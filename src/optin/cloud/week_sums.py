"""Rows about weeks: how often two categories were both told, and the figures drawn from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, case, delete, func, insert, select, update

from optin.cloud.tables import FIGURES, PAIR, SUM
from optin.protocol.catalogue import Catalogue, Figures
from optin.protocol.metric import METRICS
from optin.protocol.preference import CATEGORIES, PreferenceReport, name_week

PAIRS = tuple(combinations(CATEGORIES, 2))
_TOLD: BindParameter[Any] = bindparam("told", expanding=True)
_KEY = ("week", "model", "epsilon")
_ADD = (
    update(SUM)
    .where(*(SUM.c[name] == bindparam(f"b_{name}") for name in _KEY))
    .values(reports=SUM.c.reports + 1, ones=SUM.c.ones + case((SUM.c.metric.in_(_TOLD), 1), else_=0))
)
"""All sums of a report in one statement."""
_ADD_PAIRS = (
    update(PAIR)
    .where(*(PAIR.c[name] == bindparam(f"b_{name}") for name in _KEY))
    .where(PAIR.c.first.in_(_TOLD), PAIR.c.second.in_(_TOLD))
    .values(both=PAIR.c.both + 1)
)
_KNOWN = select(SUM.c.metric).where(*(SUM.c[name] == bindparam(f"b_{name}") for name in _KEY)).limit(1)


@dataclass(frozen=True, slots=True)
class WeekSums:
    """Sums of one week over all models, of reports with one privacy loss; in the order of the registry."""

    epsilon: float
    reports: int
    ones: Mapping[str, int]
    both: Mapping[tuple[str, str], int]


def add_report(connection: Connection, report: PreferenceReport, now: datetime) -> None:
    """Add a report to the sums, and the pairs of categories that it tells both of. It is not kept itself."""
    key = {name: getattr(report, name) for name in _KEY}
    bound = {f"b_{name}": value for name, value in key.items()}
    if connection.execute(_KNOWN, bound).first() is None:
        connection.execute(
            insert(SUM), [{**key, "metric": m, "reports": 0, "ones": 0} for m in report.answers]
        )
        pairs = [{**key, "first": first, "second": second, "both": 0} for first, second in PAIRS]
        connection.execute(insert(PAIR), pairs)
        delete_outlived(connection, now)
    told = {**bound, "told": [metric for metric, answer in report.answers.items() if answer]}
    connection.execute(_ADD, told)
    connection.execute(_ADD_PAIRS, told)


def delete_outlived(connection: Connection, now: datetime) -> None:
    """Delete the sums of metrics whose lifetime in the registry is over."""
    for lifetime in {metric.lifetime_weeks for metric in METRICS}:
        names = [metric.name for metric in METRICS if metric.lifetime_weeks == lifetime]
        oldest = name_week(now - timedelta(weeks=lifetime))
        connection.execute(delete(SUM).where(SUM.c.metric.in_(names), SUM.c.week < oldest))
        connection.execute(delete(PAIR).where(PAIR.c.first.in_(names), PAIR.c.week < oldest))


def read_sums(connection: Connection, week: str) -> WeekSums | None:
    """The sums of the privacy loss that most phones reported with; None when nobody did."""
    whole = (
        select(SUM.c.epsilon, SUM.c.metric, func.sum(SUM.c.reports), func.sum(SUM.c.ones))
        .where(SUM.c.week == week, SUM.c.metric.in_(CATEGORIES))
        .group_by(SUM.c.epsilon, SUM.c.metric)
    )
    rows = [(row[0], row[1], int(row[2]), int(row[3])) for row in connection.execute(whole)]
    if not rows:
        return None
    epsilon, _, reports, _ = max(rows, key=lambda row: (row[2], row[0]))
    ones = dict.fromkeys(CATEGORIES, 0) | {row[1]: row[3] for row in rows if row[0] == epsilon}
    found = (
        select(PAIR.c.first, PAIR.c.second, func.sum(PAIR.c.both))
        .where(PAIR.c.week == week, PAIR.c.epsilon == epsilon)
        .group_by(PAIR.c.first, PAIR.c.second)
    )
    both = {(row[0], row[1]): int(row[2]) for row in connection.execute(found)}
    return WeekSums(epsilon, reports, ones, dict.fromkeys(PAIRS, 0) | both)


def read_figures(connection: Connection, week: str | None) -> Catalogue | None:
    """The figures of a week, or of the newest there is, as a catalogue without entries."""
    found = select(FIGURES.c.body).order_by(FIGURES.c.week.desc()).limit(1)
    body = connection.execute(found if week is None else found.where(FIGURES.c.week == week)).scalar()
    if body is None:
        return None
    row = json.loads(body)
    shares = {name: (share, margin) for name, (share, margin) in row["figures"].pop("shares").items()}
    together = {(first, second): lift for first, second, lift in row["together"]}
    return Catalogue((), together, Figures(**row["figures"], shares=shares))


def write_figures(connection: Connection, week: str, epsilon: float, drawn: Catalogue) -> None:
    """Keep what was drawn, with the loss that it costs."""
    assert drawn.figures is not None  # noqa: S101 - only figures are drawn
    row = {
        "figures": asdict(drawn.figures),
        "together": [[*pair, lift] for pair, lift in drawn.together.items()],
    }
    connection.execute(insert(FIGURES).values(week=week, epsilon=epsilon, body=json.dumps(row).encode()))


def read_spent(connection: Connection) -> float:
    """Loss of all weeks' figures together."""
    return float(connection.execute(select(func.coalesce(func.sum(FIGURES.c.epsilon), 0.0))).scalar_one())
