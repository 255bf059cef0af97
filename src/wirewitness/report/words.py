"""The report's words for parts of a result: what the page's templates call as filters."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from wirewitness.model.reason import Alternative, Missing, Note, Quality, Reason
from wirewitness.model.verdict import Strength
from wirewitness.report.figures import moment_of
from wirewitness.report.visible import visible
from wirewitness.report.week import tone_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from wirewitness.model.exposure import Confidence, Step
    from wirewitness.model.instant import Instant
    from wirewitness.model.result import Result, Verdict
    from wirewitness.report.texts import Texts


@dataclass(frozen=True)
class StrengthShown:
    """A strength's word, and one flag for each of the six bands up to it."""

    word: str
    pips: tuple[bool, ...]


def device_name(result: Result, texts: Texts) -> str:
    """Vendor, model and build, or that none was declared."""
    device = result.device
    named = visible(f"{device.vendor} {device.model}".strip())
    if named and device.build:
        return texts("report.device_build", device=named, build=visible(device.build))
    return named or texts("report.device_unknown")


def recorded_days(result: Result, texts: Texts) -> str:
    """The days of the first and the last packet."""
    first = [capture.first for capture in result.captures if capture.first is not None]
    last = [capture.last for capture in result.captures if capture.last is not None]
    return texts.figures.days(min(first), max(last)) if first and last else texts("report.dates_unknown")


def claim_text(verdict: Verdict, texts: Texts) -> str:
    """The claim in the reader's language, else in English, else in any, else its id."""
    for code in (texts.language.value, "en", *verdict.text):
        if verdict.text.get(code):
            return verdict.text[code]
    return verdict.claim


def outcome_gloss(verdict: Verdict, texts: Texts) -> str:
    """What the finding means, in one sentence: another one where no content was read, only counted."""
    by_volume = any(remark.code == Quality.BY_VOLUME.value for remark in verdict.quality)
    return texts(f"outcome.{verdict.outcome.value}.gloss" + ("_by_volume" if by_volume else ""))


def strength_shown(verdict: Verdict, texts: Texts) -> StrengthShown | None:
    """The verbal band of a verdict that has one."""
    if verdict.strength is None:
        return None
    pips = tuple(band.rank <= verdict.strength.rank for band in Strength)
    return StrengthShown(texts(f"strength.{verdict.strength.value}"), pips)


def excluded(verdict: Verdict, texts: Texts) -> str | None:
    """What a silence excludes, in a sentence."""
    if verdict.excludes is None:
        return None
    limit = verdict.excludes
    return texts(
        "report.verdicts.excluded" if limit.bytes else "report.verdicts.excluded_any",
        size=texts.figures.size(limit.bytes),
        power=texts.figures.percent(limit.power, 1),
        found=limit.found,
        expected=limit.expected,
    )


def place_words(where: str, texts: Texts) -> str:
    """Where in a message: `header:Cookie` is "header Cookie"."""
    name, colon, rest = where.partition(":")
    return (texts.find(f"place.{name}", name=rest) if colon or not rest else None) or where


def step_words(step: Step, texts: Texts) -> str:
    """One decoding step, its codec in plain words."""
    codec = texts.find(f"codec.{step.codec}") or step.codec
    return texts("step.path" if step.path else "step.any", codec=codec, path=step.path)


def confidence_words(confidence: Confidence | None, texts: Texts) -> str:
    """How often what a detector found is right, and on what that was measured."""
    if confidence is None:
        return texts("confidence.none")
    figures = texts.figures
    return texts(
        f"confidence.{confidence.of}_{confidence.basis}",
        share=figures.percent(confidence.right, confidence.found),
        found=figures.number(confidence.found),
        least=figures.percent(math.floor(1000 * confidence.at_least), 1000),
    )


def anchor(text: str) -> str:
    """A fragment that is safe in an id and in a link; different texts stay different."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda match: f"_{ord(match[0]):x}_", text)


def shorten(text: str, length: int) -> str:
    """At most `length` Latin letters' width, the middle left out; wide characters count twice."""
    width = sum(2 if ord(char) > 0x2E80 else 1 for char in text)
    if width <= length:
        return text
    keep = max(2, len(text) * length // width - 1)
    return f"{text[: keep // 2]}…{text[-(keep - keep // 2) :]}"


def marked(sentence: str) -> Markup:
    """A sentence of ours, safe for the page, its `code` between backticks set as such."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(visible(sentence)))))  # noqa: S704 - escaped


def filters(texts: Texts) -> dict[str, Callable[..., object]]:
    """The templates' filters."""
    figures = texts.figures

    def remarks(codes: type[Reason | Missing | Quality | Alternative | Note]) -> Callable[..., str]:
        return lambda remark: marked(texts.remark(codes, remark))

    def moment(when: datetime) -> str:
        return f"{when:%Y-%m-%d %H:%M:%S} UTC"

    def day(instant: Instant) -> str:
        return f"{moment_of(instant):%Y-%m-%d}"

    return {
        "size": figures.size,
        "number": figures.number,
        "duration": figures.duration,
        "share": figures.percent,
        "time": figures.time,
        "moment": moment,
        "iso_day": day,
        "tone": tone_of,
        "anchor": anchor,
        "marked": marked,
        "shorten": shorten,
        "claim_text": lambda verdict: claim_text(verdict, texts),
        "gloss": lambda verdict: outcome_gloss(verdict, texts),
        "strength": lambda verdict: strength_shown(verdict, texts),
        "excluded": lambda verdict: excluded(verdict, texts),
        "place": lambda where: place_words(where, texts),
        "step_text": lambda step: step_words(step, texts),
        "reason": remarks(Reason),
        "missing": remarks(Missing),
        "quality": remarks(Quality),
        "alternative": remarks(Alternative),
        "note": remarks(Note),
    }
