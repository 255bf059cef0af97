"""Values as logs write them, made into times and numbers; ValueError says what was expected."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_FIRST, _LAST = 0, 4_102_444_800 * 10**9  # 1970 to 2100: what lies outside is no time of a phone


def seconds_ns(value: object) -> int:
    """Epoch seconds with a fraction ("1672843056.913119") in nanoseconds, exactly."""
    return _bounded(value, 10**9)


def millis_ns(value: object) -> int:
    """Epoch milliseconds in nanoseconds."""
    return _bounded(value, 10**6)


def _bounded(value: object, factor: int) -> int:
    try:
        found = int(Decimal(str(value)) * factor)
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError(f"expected a time as a number, found {shown(value)}") from None
    if not _FIRST <= found <= _LAST:
        raise ValueError(f"expected a time between 1970 and 2100, found {shown(value)}")
    return found


def iso_ns(value: object) -> int:
    """An ISO 8601 time with a zone in nanoseconds; one without a zone is refused."""
    text = str(value)
    if len(text) > 5 and text[-5] in "+-" and ":" not in text[-5:]:  # +0200, as Suricata writes it
        text = f"{text[:-2]}:{text[-2:]}"
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected a time such as 2024-05-01T12:00:00Z, found {shown(value)}") from None
    if when.tzinfo is None:
        raise ValueError(f"expected a time with its zone, found {shown(value)}")
    whole = when.astimezone(UTC)
    since = whole - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def number(value: object) -> int:
    """A count; 0 for what is absent or no number."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int | float):
        return max(0, min(int(value), 1 << 62)) if value == value and abs(value) < 1e18 else 0  # noqa: PLR0124
    text = str(value or "").strip()
    return min(int(text), 1 << 62) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def port(value: object) -> int:
    """A port; 0 for what is none."""
    found = number(value)
    return found if found < 65_536 else 0


def text(value: object) -> str:
    """A text; "" for what is absent."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def members(value: object) -> dict[str, Any]:
    """A JSON object; empty for what is none."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """A JSON array; empty for what is none."""
    return value if isinstance(value, list) else []


def shown(value: object) -> str:
    """A short look at a wrong value, fit for a sentence."""
    return repr(value)[:40]
