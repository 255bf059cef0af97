"""Exposures in the words of a page: each a row of texts, shown at once or packed for the page's script.

A page holds the first rows as HTML, which needs no script. The others stand in it deflated, as JSON in
base64: a week's tens of thousands fit into one file, and the script unfolds them as they are asked for.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

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


FIELDS = tuple(one.name for one in fields(ExposureRow))
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
        self._t, self._planted, self._hexes, self._stages = texts, planted, hexes, stages
        self._kind = cache(texts.kind)
        self._found = cache(lambda source: texts.label("found", source))
        self._place = cache(lambda where: place_words(where, texts))
        self._step = cache(self._step_words)
        self._range = cache(lambda found: texts("report.exposures.range", start=found[0], end=found[1]))
        self._short = cache(lambda status: texts.label("consent_short", status))
        self._consent = cache(self._consent_words)
        self._states = cache(lambda states: texts.condition(dict(states)) or "–")
        self._country = cache(lambda code: f" · {texts.country(code)}" if code else "")
        self._doubts = cache(self._doubt_words)

    def row(self, x: Exposure) -> ExposureRow:
        """The row of an exposure or an answer."""
        t = self._t
        found = self._found(x.source) + (f" ({x.detail})" if x.detail else "")
        steps = [self._place(x.where), *map(self._step, x.steps)]
        if x.digest:
            steps.append(t("report.exposures.digest", digest=x.digest))
        steps.append(self._range(x.range))
        stages = " → ".join(f"{label} ({t.figures.size(size)})" for label, size in self._stages.get(x.id, ()))
        return ExposureRow(
            visible(x.id),
            tone_of(x.kind),
            visible(self._kind(x.kind)),
            self._doubts(x.id in self._planted, x.masked, x.evidence),
            visible(x.fact or self._found(x.source)),
            t.figures.time(x.time),
            visible((x.destination or x.address) + self._country(x.country)),
            self._short(x.consent.status),
            t("report.exposures.masked_note") if x.masked else "",
            tuple(visible(step) for step in steps),
            visible(stages),
            self._hexes.get(x.id, ()),
            visible(found if x.evidence else f"{found}. {t('report.exposures.leads')}"),
            visible(self._consent(x.consent)),
            visible(self._states(tuple(x.conditions.items()))),
            visible(x.address),
            visible(f"{x.flow} / {x.stream} / {x.message}"),
            visible(x.capture),
        )

    def _step_words(self, step: Step) -> str:
        return step_words(step, self._t)

    def _doubt_words(self, planted: bool, masked: bool, evidence: bool) -> tuple[str, ...]:
        words = [self._t("report.exposures.planted")] if planted else []
        if masked:
            words.append(self._t("report.exposures.masked"))
        elif not evidence:
            words.append(self._t("report.exposures.lead_word"))
        return tuple(words)

    def _consent_words(self, consent: ConsentStatus) -> str:
        key = f"consent.{consent.status}" + (f"_{consent.misses}" if consent.misses else "")
        return self._t.find(key, record=consent.record or "") or consent.status


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
    rows = [maker.row(x) for x in every if id(x) not in there]
    text = ""
    while rows:
        text = b64encode(zlib.compress(_json(_columns(places, rows)))).decode()
        if len(text) <= most_bytes:
            break
        rows = rows[: int(len(rows) * 0.95 * most_bytes / len(text))]
    return Packed(text if rows else "", frozenset(row.id for row in rows), len(every))


def _columns(places: list[int], rows: Sequence[ExposureRow]) -> dict[str, object]:
    return {
        "places": places,
        "rows": len(rows),
        "columns": {name: _column([getattr(row, name) for row in rows]) for name in FIELDS},
    }


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
