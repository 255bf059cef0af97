"""Exposures in the words of a page: each a row of texts, shown at once or packed for the page's script.

A page holds the first rows as HTML, which needs no script. The others stand in it deflated, as JSON in
base64: a week's tens of thousands fit into one file, and the script unfolds them as they are asked for.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from wirewitness.report.hexdump import Row
from wirewitness.report.visible import visible
from wirewitness.report.week import tone_of
from wirewitness.report.words import place_words, step_words

if TYPE_CHECKING:
    from wirewitness.model.exposure import ConsentStatus, Exposure, Step
    from wirewitness.report.texts import Texts


@dataclass(frozen=True)
class ExposureRow:
    """What a row says; "" and () where there is nothing to say. The script knows the fields by name."""

    id: str
    tone: str
    kind: str
    doubts: tuple[str, ...]
    fact: str
    time: str
    destination: str
    consent_short: str
    masked_note: str
    steps: tuple[str, ...]
    stages: str
    hexes: tuple[Row, ...]
    found: str
    consent: str
    conditions: str
    address: str
    flow: str
    capture: str


BLANK = ExposureRow("", "other", "", ("",), *("",) * 5, ("",), "", (), *("",) * 6)
"""The row that the script's model is made of."""


class RowMaker:
    """Makes rows in one language; what many exposures share is put into words once."""

    def __init__(
        self,
        texts: Texts,
        planted: frozenset[str],
        hexes: Mapping[str, tuple[Row, ...]],
        stages: Mapping[str, Sequence[tuple[str, int]]],
    ) -> None:
        self._t, self._planted, self._stages = texts, planted, stages
        kind, tone = cache(lambda kind: visible(texts.kind(kind))), cache(tone_of)
        short = cache(lambda status: texts.label("consent_short", status))
        doubts, fact, to = cache(self._doubt_words), cache(self._fact_words), cache(self._destination_words)
        steps, found, consent = cache(self._steps), cache(self._found_words), cache(self._consent_words)
        states = cache(lambda states: visible(texts.condition(dict(states)) or "–"))
        time, masked = texts.figures.time, texts("report.exposures.masked_note")
        self.fields: dict[str, Callable[[Exposure], Hashable]] = {
            "id": lambda x: visible(x.id),
            "tone": lambda x: tone(x.kind),
            "kind": lambda x: kind(x.kind),
            "doubts": lambda x: doubts(x.id in planted, x.masked, x.evidence),
            "fact": lambda x: fact(x.fact, x.source),
            "time": lambda x: time(x.time),
            "destination": lambda x: to(x.destination or x.address, x.country),
            "consent_short": lambda x: short(x.consent.status),
            "masked_note": lambda x: masked if x.masked else "",
            "steps": lambda x: steps(x.where, x.steps, x.digest, x.range),
            "stages": lambda x: self._stage_words(stages[x.id]) if x.id in stages else "",
            "hexes": lambda x: hexes.get(x.id, ()),
            "found": lambda x: found(x.source, x.detail, x.evidence),
            "consent": lambda x: consent(x.consent),
            "conditions": lambda x: states(tuple(x.conditions.items())),
            "address": lambda x: visible(x.address),
            "flow": lambda x: visible(f"{x.flow} / {x.stream} / {x.message}"),
            "capture": lambda x: visible(x.capture),
        }
        """What makes each field of an exposure's row."""

    def row(self, x: Exposure) -> ExposureRow:
        """The row of an exposure or an answer."""
        made: dict[str, Any] = {name: make(x) for name, make in self.fields.items()}
        return ExposureRow(**made)

    def _fact_words(self, fact: str | None, source: str) -> str:
        return visible(fact or self._t.label("found", source))

    def _destination_words(self, host: str, country: str | None) -> str:
        return visible(host + (f" · {self._t.country(country)}" if country else ""))

    def _steps(
        self, where: str, steps: tuple[Step, ...], digest: str, found: tuple[int, int]
    ) -> tuple[str, ...]:
        t = self._t
        words = [place_words(where, t), *(step_words(step, t) for step in steps)]
        if digest:
            words.append(t("report.exposures.digest", digest=digest))
        words.append(t("report.exposures.range", start=found[0], end=found[1]))
        return tuple(visible(word) for word in words)

    def _stage_words(self, stages: Sequence[tuple[str, int]]) -> str:
        return visible(" → ".join(f"{label} ({self._t.figures.size(size)})" for label, size in stages))

    def _found_words(self, source: str, detail: str, evidence: bool) -> str:
        words = self._t.label("found", source) + (f" ({detail})" if detail else "")
        return visible(words if evidence else f"{words}. {self._t('report.exposures.leads')}")

    def _doubt_words(self, planted: bool, masked: bool, evidence: bool) -> tuple[str, ...]:
        words = [self._t("report.exposures.planted")] if planted else []
        if masked:
            words.append(self._t("report.exposures.masked"))
        elif not evidence:
            words.append(self._t("report.exposures.lead_word"))
        return tuple(words)

    def _consent_words(self, consent: ConsentStatus) -> str:
        key = f"consent.{consent.status}" + (f"_{consent.misses}" if consent.misses else "")
        return visible(self._t.find(key, record=consent.record or "") or consent.status)


@dataclass(frozen=True)
class Packed:
    """Rows for the script: `text` is base64 of deflated JSON; `ids` are those in it, `of` all of the table.

    The JSON is `{"places": [...], "rows": N, "columns": {field: column}}`. A column lists N values, or holds
    the different ones and their number by row: `{"of": [...], "at": [...]}`. `places` says which rows of the
    whole table the page shows as HTML, so that the script puts the others between them.
    """

    text: str
    ids: frozenset[str]
    of: int


def pack(every: Sequence[Exposure], shown: Iterable[Exposure], maker: RowMaker, most_bytes: int) -> Packed:
    """Those of `every` that are not `shown`, as many as fit into about `most_bytes` of text."""
    there = {id(x) for x in shown}
    places = [number for number, x in enumerate(every) if id(x) in there]
    rest = [x for x in every if id(x) not in there]
    text = ""
    while rest:
        columns = {name: _column([make(x) for x in rest]) for name, make in maker.fields.items()}
        packed = zlib.compress(_json({"places": places, "rows": len(rest), "columns": columns}))
        text = b64encode(packed).decode()
        if len(text) <= most_bytes:
            break
        rest = rest[: int(len(rest) * 0.95 * most_bytes / len(text))]
    return Packed(text if rest else "", frozenset(x.id for x in rest), len(every))


def _column(values: list[Hashable]) -> object:
    different = {value: number for number, value in enumerate(dict.fromkeys(values))}
    if len(different) * 2 > len(values):
        return [_plain(value) for value in values]
    return {"of": [_plain(value) for value in different], "at": [different[value] for value in values]}


def _plain(value: object) -> object:
    """Hex rows as lists, everything else as it is."""
    if isinstance(value, tuple) and value and not isinstance(value[0], str):
        return [
            [row.offset, *([[run.text, run.inside] for run in runs] for runs in (row.hexes, row.letters))]
            for row in value
        ]
    return value


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
