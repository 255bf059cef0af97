"""The time line's contents from a result: what was captured when, in which state, and what went up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wirewitness.model.case_file import STATES
from wirewitness.report.figures import moment_of
from wirewitness.report.timeline import Mark, Span, Timeline, draw_timeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wirewitness.model.result import Result
    from wirewitness.report.texts import Texts

# The colour family of a kind of data, by the first part of its spelling.
_TONES = {
    "photo": "photo",
    "video": "video",
    "audio": "video",
    "sms": "sms",
    "contact": "contact",
    "call_log": "call",
    "location": "location",
    "identifier": "identifier",
    "network": "network",
    "app_list": "app",
    "app_usage": "app",
    "preference": "preference",
}
_OFF = frozenset({"off", "none", "stopped", "disabled", "uninstalled", "reflashed"})
_ORDER = list(STATES)
_BANDS = ("a", "b", "c", "d")


def tone_of(kind: str) -> str:
    """The colour family of a data kind; "other" for the rest."""
    return _TONES.get(kind.partition(".")[0], "other")


def _rank(key: str) -> tuple[int, str]:
    return (_ORDER.index(key) if key in STATES else len(_ORDER)), key


def draw_week(result: Result, texts: Texts) -> Timeline | None:
    """The time line of a result, or None when nothing in it has a date."""
    times = [
        time for capture in result.captures for time in (capture.first, capture.last) if time is not None
    ]
    times += [exposure.time for exposure in result.exposures]
    if not times:
        return None
    first, last = moment_of(min(times)), moment_of(max(times))
    spans = [*_captured(result, texts), *_states(result, texts, first, last)]
    planted = {id_ for control in result.controls for id_ in control.exposures}
    exposures = sorted(
        (x for x in result.exposures if not x.masked), key=lambda x: (tone_of(x.kind), x.kind, x.destination)
    )
    marks = [
        Mark(
            f"{texts.kind(x.kind)} → {x.destination or x.address}",
            tone_of(x.kind),
            moment_of(x.time),
            planted=x.id in planted,
        )
        for x in exposures
    ]
    return draw_timeline(first, last, spans, marks)


def _captured(result: Result, texts: Texts) -> Iterator[Span]:
    lane = texts("report.timeline.capture")
    if not result.coverage.spans:
        for capture in result.captures:
            if capture.first is not None and capture.last is not None:
                yield Span(lane, capture.path, "a", moment_of(capture.first), moment_of(capture.last))
    for span in result.coverage.spans:
        tone = "a" if span.live == "proven" else "doubt"
        label = texts(f"report.unseen.live_{span.live}")
        yield Span(lane, label, tone, moment_of(span.from_), moment_of(span.until))


def _states(result: Result, texts: Texts, first: datetime, last: datetime) -> Iterator[Span]:
    """One band a state's key, from the declared states and the logged changes; what nobody said has none."""
    changes = sorted(
        (event for event in result.events if event.event == "state"), key=lambda event: event.time
    )
    findings = sorted((*result.exposures, *result.answers), key=lambda finding: finding.time)
    known = {key for finding in findings for key in finding.conditions} | {one.key for one in changes}
    for number, key in enumerate(sorted(known, key=_rank)):
        moments = [(moment_of(change.time), change.value) for change in changes if change.key == key]
        # A declared state holds from the beginning; the findings before the first change know it.
        early = next((one for one in findings if key in one.conditions), None)
        if early is not None and (not moments or moment_of(early.time) < moments[0][0]):
            moments.insert(0, (first, early.conditions[key]))
        ends = [*(when for when, _ in moments[1:]), last + timedelta(seconds=1)]
        tones: dict[str, str] = {}
        for (begin, value), end in zip(moments, ends, strict=True):
            if end <= first or begin > last or begin == end:
                continue
            on = _BANDS[(number + len(tones)) % len(_BANDS)]
            tone = "off" if value in _OFF else tones.setdefault(value, on)
            label = texts.label("value", value)
            yield Span(texts.label("condition", key), label, tone, max(begin, first), min(end, last))
