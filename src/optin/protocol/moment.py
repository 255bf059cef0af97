"""Times as optin writes them: UTC, RFC 3339, whole seconds or finer, always with the letter Z."""

from __future__ import annotations

from datetime import UTC, datetime


def render_moment(moment: datetime) -> str:
    """``2014-07-20T08:00:00Z``. A time without zone is refused, since nobody could say what it means."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone is refused; give UTC")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_moment(text: str) -> datetime:
    """Inverse of :func:`render_moment`; any RFC 3339 offset is understood and turned into UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text!r} names no zone; write it in UTC with a Z")
    return moment.astimezone(UTC)
