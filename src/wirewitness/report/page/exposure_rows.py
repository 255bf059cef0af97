"""Exposures in the words of a page: each a row of texts, shown at once or packed for the page's script."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from wirewitness.report.hexdump import Row, dump, masked, shorten
from wirewitness.report.visible import visible
from wirewitness.report.week import tone_of
from wirewitness.report.words import confidence_words, place_words, step_words

if TYPE_CHECKING:
    from wirewitness.evidence import Window
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
    confidence: str
    consent: str
    conditions: str
    address: str
    flow: str
    capture: str


BLANK = ExposureRow("", "other", "", ("",), *("",) * 5, ("",), "", (), *("",) * 7)
"""The row that the script's model is made of."""


class RowMaker:
    """Makes rows in one language; what many exposures share is put into words once."""

    def __init__(
        self,
        texts: Texts,
        planted: frozenset[str],
        windows: Mapping[str, Window],
        *,
        reveal: bool,
    ) -> None:
        self._t, self._windows, self.reveal = texts, windows, reveal
        kind, tone = cache(lambda kind: visible(texts.kind(kind))), cache(tone_of)
        short = cache(lambda status: texts.label("consent_short", status))
        doubts, fact, to = cache(self._doubt_words), cache(self._fact_words), cache(self._destination_words)
        steps, found, consent = cache(self._steps), cache(self._found_words), cache(self._consent_words)
        stages = cache(self._stage_words)
        confidence = cache(lambda measured: visible(confidence_words(measured, texts)))
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
            "stages": lambda x: stages(windows[x.id].stages) if x.id in windows else "",
            "found": lambda x: found("masked" if x.masked else x.source, x.detail, x.evidence),
            "confidence": lambda x: confidence(x.confidence) if x.guessed else "",
            "consent": lambda x: consent(x.consent),
            "conditions": lambda x: states(tuple(x.conditions.items())),
            "address": lambda x: visible(x.address),
            "flow": lambda x: visible(f"{x.flow} / {x.stream} / {x.message}"),
            "capture": lambda x: visible(x.capture),
        }
        """What makes each field of an exposure's row, but for its bytes."""

    def row(self, x: Exposure, most: int) -> ExposureRow:
        """The row of an exposure or an answer with at most so many of its bytes."""
        made: dict[str, Any] = {name: make(x) for name, make in self.fields.items()}
        return ExposureRow(**made, hexes=self._hexes(x, most))

    def _hexes(self, x: Exposure, most: int) -> tuple[Row, ...]:
        window = self._windows.get(x.id)
        if not window:
            return ()
        begin, data = shorten(window.begin, window.data, x.range, most)
        return dump(begin, data, x.range, reveal=self.reveal)

    def has_bytes(self, x: Exposure) -> bool:
        """Whether bytes of it were kept."""
        return x.id in self._windows

    def bytes_of(self, x: Exposure, most: int) -> tuple[str, tuple[int, int, int]]:
        """At most so many of its bytes for the script, "" for none: as `masked`.

        Then where they begin, and where in them what was found begins and ends.
        """
        window = self._windows.get(x.id)
        if not window:
            return "", (0, 0, 0)
        begin, data = shorten(window.begin, window.data, x.range, most)
        start, end = (min(max(0, at - begin), len(data)) for at in x.range)
        return masked(begin, data, x.range, reveal=self.reveal), (begin, start, end)

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
        size = self._t.figures.size
        return visible(" → ".join(f"{label} ({size(made)})" if made else label for label, made in stages))

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
