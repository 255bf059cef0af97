"""The preference report: categories of interest as one noised bit each, in a document of fixed size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from datetime import datetime

CATEGORIES = ("games", "music", "news", "photography", "reading", "shopping", "sports", "travel")
REPORT_BYTES = 768
"""Every report has this size, whatever it says."""


def name_week(moment: datetime) -> str:
    """The ISO 8601 week of a moment, such as ``2014-W30``."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02}"


@dataclass(frozen=True, slots=True)
class PreferenceReport:
    """What one phone says about one week, after noise. No identifier of phone or owner.

    ``answers`` holds 0 or 1 for each of :data:`CATEGORIES`; ``epsilon`` is the privacy loss of the whole
    report.
    """

    week: str
    model: str
    epsilon: float
    answers: Mapping[str, int]

    def encode(self) -> bytes:
        """JSON, padded by a member ``pad`` to :data:`REPORT_BYTES`."""
        report = {
            "version": 1,
            "week": self.week,
            "model": self.model,
            "epsilon": self.epsilon,
            "answers": {category: self.answers[category] for category in CATEGORIES},
        }
        bare = json.dumps({"preference_report": report, "pad": ""}, separators=(",", ":"))
        return json.dumps(
            {"preference_report": report, "pad": " " * (REPORT_BYTES - len(bare))}, separators=(",", ":")
        ).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what :meth:`encode` wrote. Raises ValueError with one sentence for anything else."""
        try:
            report = json.loads(data)["preference_report"]
            answers = {category: report["answers"][category] for category in CATEGORIES}
            read = cls(str(report["week"]), str(report["model"]), float(report["epsilon"]), answers)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError("not a preference report") from error
        if len(data) != REPORT_BYTES or set(report["answers"]) != set(CATEGORIES):
            raise ValueError(
                f"a preference report has {REPORT_BYTES} bytes and answers exactly the known categories"
            )
        if any(answer not in (0, 1) for answer in answers.values()):
            raise ValueError("an answer of a preference report is 0 or 1")
        return read
