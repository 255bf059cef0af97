"""The preference report: one noised bit for each metric of the registry, in a document of fixed size.

Each bit stands alone and is answered in a fixed order, so that the same vector can later be split into two
shares for two servers (Prio3, draft-irtf-cfrg-vdaf) without a change of what is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from optin.protocol.metric import METRICS

QUESTIONS = tuple(metric.name for metric in METRICS)
CATEGORIES = QUESTIONS[:8]
"""The questions about categories of apps."""
REPORT_BYTES = 768
"""Every report has this size, whatever it says."""
_WEEK, _MODEL = re.compile(r"\d{4}-W\d\d"), re.compile(r"[A-Za-z0-9._ -]{1,64}")


def name_week(moment: datetime) -> str:
    """The ISO 8601 week of a moment, such as ``2014-W30``."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02}"


@dataclass(frozen=True, slots=True)
class PreferenceReport:
    """What one phone says about one week, after noise. No identifier of phone or owner.

    ``answers`` holds 0 or 1 for each of :data:`QUESTIONS`; ``epsilon`` is the privacy loss of the whole
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
            "answers": {name: self.answers[name] for name in QUESTIONS},
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
            answers = {name: report["answers"][name] for name in QUESTIONS}
            read = cls(str(report["week"]), str(report["model"]), float(report["epsilon"]), answers)
            canonical = read.encode()
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
            raise ValueError("not a preference report") from error
        if any(answer not in (0, 1) for answer in answers.values()):
            raise ValueError("an answer of a preference report is 0 or 1")
        if not _WEEK.fullmatch(read.week) or not _MODEL.fullmatch(read.model) or not 0 < read.epsilon <= 16:
            raise ValueError("a preference report names a week, a model and its privacy loss")
        if len(data) != REPORT_BYTES or canonical != data:
            raise ValueError(f"a preference report has {REPORT_BYTES} bytes and no member of its own making")
        return read
