"""The words of the owner's page in English, French and Chinese, and which of them a reader wants."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "fr", "zh")
_MOST_WISHES = 20


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words.

    ``switch``: name to title and explanation; ``kind``: what was sent, in words; ``category``: of apps.
    """

    title: str
    switches: str
    on: str
    off: str
    send_report: str
    report_waits: str
    recommended: str
    recommended_words: str
    no_recommended: str
    because: str
    popular: str
    budget: str
    budget_words: str
    sent: str
    nothing_sent: str
    sent_words: str
    data: str
    export: str
    sure: str
    erase: str
    switch: Mapping[str, tuple[str, str]]
    kind: Mapping[str, str]
    category: Mapping[str, str]


@cache
def load_words(language: str) -> Words:
    """The words of one of :data:`LANGUAGES`."""
    text = files("optin.agent").joinpath("texts", f"{language}.toml").read_text("utf-8")
    row: dict[str, Any] = tomllib.loads(text)
    row["switch"] = {name: (str(words[0]), str(words[1])) for name, words in row["switch"].items()}
    return Words(**{field.name: row[field.name] for field in fields(Words)})


def choose_language(accepted: str | None) -> str:
    """The best of :data:`LANGUAGES` for an ``Accept-Language`` header (RFC 9110 section 12.5.4)."""
    wishes = []
    for place, part in enumerate((accepted or "").split(",")[:_MOST_WISHES]):
        name, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        wishes.append((-quality, place, name.partition("-")[0].lower()))
    return next((name for low, _, name in sorted(wishes) if low < 0 and name in LANGUAGES), LANGUAGES[0])
