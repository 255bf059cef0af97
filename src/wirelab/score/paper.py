"""The two papers that are compared, parsed once into typed rows.

The truth of a world, the result of an audit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from optin.protocol.moment import parse_moment
from wirelab.truth.why import Why

_RESULT_PLACES = ("result.json", "audit/result.json")


class UnreadablePaperError(ValueError):
    """A folder that cannot be scored. The message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class TrueDatum:
    """One departure of the truth. ``flows`` are the Community IDs under which recorders saw it."""

    time: datetime
    flows: frozenset[str]
    host: str
    address: str
    kind: str
    fact: str | None
    masked: bool
    foreign: bool
    depth: int
    visible: bool


@dataclass(frozen=True, slots=True)
class TrueVerdict:
    """The right outcome of a claim under the sight that was played; where one cannot tell, why."""

    claim: str
    polarity: str
    about: str
    outcome: str
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class TrueRhythm:
    """A rhythm that the world kept."""

    host: str
    period_s: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What a score needs of ``truth.json``."""

    world: str
    seed: int
    sight: str
    data: tuple[TrueDatum, ...]
    rhythms: tuple[TrueRhythm, ...]
    verdicts: tuple[TrueVerdict, ...]


@dataclass(frozen=True, slots=True)
class Exposure:
    """One exposure that the witness reports."""

    time: datetime
    flow: str
    host: str
    address: str
    kind: str
    fact: str
    masked: bool
    source: str
    evidence: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What a score needs of ``result.json``. ``named``: by claim, its reasons as ``NAMED_BY`` spells them."""

    exposures: tuple[Exposure, ...]
    rhythms: tuple[tuple[str, float], ...]
    outcomes: Mapping[str, str]
    named: Mapping[str, frozenset[str]]


def parse_folder(folder: Path) -> tuple[Truth, Result]:
    """Both papers of a folder.

    Raises:
        UnreadablePaperError: when one is missing or not what it should be.
    """
    truth_path = folder / "truth.json"
    result_path = next((folder / place for place in _RESULT_PLACES if (folder / place).is_file()), None)
    if not truth_path.is_file():
        raise UnreadablePaperError(f"{folder} holds no truth.json; score folders that `wirelab play` wrote")
    if result_path is None:
        raise UnreadablePaperError(f"{folder} holds no result.json; audit its case.toml first")
    try:
        return _truth(_load(truth_path)), _result(_load(result_path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadablePaperError(
            f"{folder} cannot be scored: {error!r} in its truth.json or result.json"
        ) from error


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _truth(document: Any) -> Truth:
    sight = document["sight"]
    return Truth(
        world=document["world"],
        seed=document["seed"],
        sight=sight,
        data=tuple(
            TrueDatum(
                time=parse_moment(row["time"]),
                flows=frozenset({row["flow"], *(seen["flow"] for seen in row["seen"])}),
                host=row["host"],
                address=row["address"],
                kind=row["kind"],
                fact=row["fact"],
                masked=row["masked"],
                foreign=row["foreign"],
                depth=len(row["chain"]),
                visible=row["visible"],
            )
            for row in document["departures"]
        ),
        rhythms=tuple(TrueRhythm(row["host"], row["period_s"]) for row in document["rhythms"]),
        verdicts=tuple(
            TrueVerdict(
                claim,
                row["polarity"],
                row["about"],
                row["outcomes"][sight],
                tuple(Why(why) for why in row["reasons"].get(sight, ())),
            )
            for claim, row in document["verdicts"].items()
        ),
    )


def _result(document: Any) -> Result:
    return Result(
        exposures=tuple(
            Exposure(
                time=parse_moment(row["time"]),
                flow=row["flow"].partition("#")[0],
                host=row["destination"],
                address=row["address"],
                kind=row["kind"],
                fact=row["fact"] or "",
                masked=row["masked"],
                source=row["source"],
                evidence=row.get("evidence", True),
            )
            for row in document["exposures"]
        ),
        rhythms=tuple((row["destination"], row["period_s"]) for row in document["rhythms"]),
        outcomes={row["claim"]: row["outcome"] for row in document["verdicts"]},
        named={
            row["claim"]: frozenset(_reason(remark) for remark in row["reasons"])
            for row in document["verdicts"]
        },
    )


def _reason(remark: Any) -> str:
    """A reason's code; of unread bytes with the reason why."""
    why = remark["params"].get("reason")
    return remark["code"] if why is None else f"{remark['code']}:{why}"
