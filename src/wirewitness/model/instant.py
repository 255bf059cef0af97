"""A point in time: integer nanoseconds since 1970-01-01 UTC, written in RFC 3339."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

NS = 1_000_000_000
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)?",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(int):
    """Nanoseconds since 1970-01-01 UTC; ordered and hashed as the integer it is."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Instant:
        """The instant of an RFC 3339 text; `ValueError` with one sentence when it is none or has no zone."""
        match = _RFC3339.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"'{text}' is not a time such as 2014-07-20T08:00:00Z")
        day, clock, fraction, zone = match.groups()
        if zone is None:
            raise ValueError(f"'{text}' has no time zone; write it with one, as in {day}T{clock}Z")
        try:
            moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
        except ValueError:
            raise ValueError(f"'{text}' is not a day and time of the calendar") from None
        return cls.of(moment) + int((fraction or "").ljust(9, "0"))

    @classmethod
    def of(cls, moment: datetime) -> Instant:
        """The instant of an aware datetime (to the microsecond)."""
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return cls((moment - _EPOCH) // timedelta(microseconds=1) * 1000)

    def __add__(self, other: int) -> Instant:
        return Instant(int(self) + int(other))

    @property
    def text(self) -> str:
        """RFC 3339 in UTC, with as many digits of the second as are needed (0, 3, 6 or 9)."""
        seconds, nanos = divmod(int(self), NS)
        base = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
        digits = f"{nanos:09d}"
        while digits.endswith("000"):
            digits = digits[:-3]
        return f"{base}.{digits}Z" if digits else f"{base}Z"


def hours(nanoseconds: int) -> float:
    """Nanoseconds as hours, rounded to a hundredth (36 seconds)."""
    return round(nanoseconds / (3600 * NS), 2)
