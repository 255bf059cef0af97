"""Numbers, sizes and times as people of each language write them. Times are always UTC."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wirewitness.report.language import Language

if TYPE_CHECKING:
    from wirewitness.model.instant import Instant

_NARROW = "\u202f"  # narrow no-break space, as French typography wants between a number and its unit
_UNITS = {
    "en": ("B", "kB", "MB", "GB", "TB"),
    "fr": ("o", "ko", "Mo", "Go", "To"),
    "zh": ("B", "kB", "MB", "GB", "TB"),
}
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTHS_FR = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_THOUSAND = 1000
_TEN = 10


def moment_of(instant: Instant) -> datetime:
    """The UTC datetime of an instant, to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(instant) // 1000)


@dataclass(frozen=True)
class Figures:
    """Writes figures in one language.

    >>> Figures(Language.EN).size(20480)
    '20.5 kB'
    """

    language: Language

    def number(self, value: float, digits: int = 0) -> str:
        """`value` with thousands set apart and `digits` decimals."""
        text = f"{value:,.{digits}f}"
        if text.strip("-0.") == "":
            text = text.lstrip("-")  # nobody writes "-0"
        if self.language == "fr":
            return text.replace(",", _NARROW).replace(".", ",")
        return text

    def amount(self, value: float) -> str:
        """`value` with as many decimals as it needs, at most two."""
        text = self.number(value, 0 if value == int(value) else 2)
        mark = "," if self.language == "fr" else "."
        return text.rstrip("0").rstrip(mark) if mark in text else text

    def chance(self, value: float) -> str:
        """A probability with two digits that count: `0.0001`, `0.034`."""
        if value <= 0 or value >= 1:
            return self.amount(value)
        text = self.number(value, 1 - math.floor(math.log10(value)))
        return text.rstrip("0") if "," in text or "." in text else text

    def size(self, value: float) -> str:
        """`value` bytes in decimal units (1 kB = 1,000 B)."""
        units = _UNITS[self.language.value]
        step = 0
        while round(value) >= _THOUSAND and step < len(units) - 1:
            value /= _THOUSAND
            step += 1
        gap = _NARROW if self.language == "fr" else "\u00a0"
        return f"{self.number(value, 1 if step and value < 100 else 0)}{gap}{units[step]}"

    def percent(self, part: float, whole: float) -> str:
        """`part` of `whole`; never rounded up to 100 % nor down to 0 % when it is not."""
        share = 100 * part / whole if whole else 0.0
        digits = 0 if share in (0, 100) else 1
        shown = share if digits == 0 else min(max(share, 0.1), 99.9)
        gap = {"fr": _NARROW}.get(self.language.value, "")
        return f"{self.number(shown, digits)}{gap}%"

    def duration(self, seconds: float) -> str:
        """A span in the one or two units that matter."""
        units = {
            "en": ("d", "h", "min", "s"),
            "fr": ("j", "h", "min", "s"),
            "zh": ("天", "小时", "分钟", "秒"),
        }
        names = units[self.language.value]
        if seconds < _TEN and seconds != int(seconds):
            return f"{self.number(seconds, 1)}\u00a0{names[3]}"
        left = round(seconds)
        counts = []
        for length, name in zip((86400, 3600, 60, 1), names, strict=True):
            counts.append((left // length, name))
            left %= length
        shown = [(count, name) for count, name in counts if count][:2] or [(0, names[3])]
        return "\u00a0".join(f"{self.number(count)}\u00a0{name}" for count, name in shown)

    def time(self, instant: Instant) -> str:
        """`2014-07-20 08:00:05 UTC`: the same order in every language, so that nobody mistakes it."""
        return f"{moment_of(instant):%Y-%m-%d %H:%M:%S} UTC"

    def day(self, instant: Instant) -> str:
        """The date in words."""
        when = moment_of(instant)
        if self.language == "zh":
            return f"{when.year}年{when.month}月{when.day}日"
        months = _MONTHS_FR if self.language == "fr" else _MONTHS_EN
        first = "1er" if self.language == "fr" and when.day == 1 else str(when.day)
        return f"{first} {months[when.month - 1]} {when.year}"

    def days(self, first: Instant, last: Instant) -> str:
        """From the day of `first` to the day of `last`, said once when they are the same."""
        begin, end = self.day(first), self.day(last)
        if begin == end:
            return begin
        one, other = moment_of(first), moment_of(last)
        within = (one.year, one.month) == (other.year, other.month)
        if self.language == "zh":
            return f"{begin}至{other.day}日" if within else f"{begin}至{end}"
        return f"{begin.split()[0]}\u2013{end}" if within else f"{begin} \u2013 {end}"
