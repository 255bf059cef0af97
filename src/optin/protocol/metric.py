"""The declared registry of metrics (``metrics.toml``): what may be told, why, and for how long."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Metric:
    """One bit of a preference report: 1 when the week's count of ``input`` reached ``at_least``.

    ``type`` is ``threshold``, the only one there is. The cloud keeps sums for ``lifetime_weeks``.
    """

    name: str
    type: str
    input: str
    at_least: int
    reason: str
    lifetime_weeks: int
    review: str


def load_metrics(text: str) -> tuple[Metric, ...]:
    """Read a registry. A row that lacks a member, or leaves it empty, is a ValueError."""
    metrics = []
    for row in tomllib.loads(text)["metric"]:
        missing = [field.name for field in fields(Metric) if not row.get(field.name)]
        if missing or len(row) != len(fields(Metric)):
            raise ValueError(f"the metric {row.get('name')!r} lacks {', '.join(missing) or 'nothing'}")
        if row["type"] != "threshold":
            raise ValueError(f"the metric {row['name']!r} is of no known type")
        metrics.append(Metric(**row))
    return tuple(metrics)


METRICS = load_metrics(files("optin.protocol").joinpath("metrics.toml").read_text("utf-8"))
