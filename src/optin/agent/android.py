"""What Android's own commands say of a phone: text of ``dumpsys`` in, the agent's words out. Pure.

Forms are those of Android 5 to 16. What does not look like them is not guessed at: no network is named, no
use is counted. Texts are bounded: lines, packages and times beyond what a phone can have are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

MOST_LINES, LONGEST_LINE, MOST_PACKAGES = 200_000, 4096, 10_000
_WEEK_S = 7 * 24 * 3600
_ACTIVE = re.compile(r"^\s*Active default network: (\w{1,12})\s*$", re.MULTILINE)
_TRANSPORTS = re.compile(r"Transports: ([A-Z_|]{1,80})")
_POWERED = re.compile(r"^\s*(?:AC|USB|Wireless|Dock) powered: (true|false)\s*$", re.MULTILINE)
_SECTION = re.compile(r"\s*(?:In-memory (\w+) stats|(Last 24 hour events)|(user)=(\d+))")
_PACKAGE = re.compile(r'\s*package=([A-Za-z0-9_.]{1,255}) totalTime(?:Used)?=(?:"([0-9:]{1,12})"|(\d{1,15}))')
_EVENT = re.compile(r'\s*time="(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)" type=([A-Z_]{1,60}) ')
_BEGINS = {"ACTIVITY_RESUMED", "MOVE_TO_FOREGROUND"}
_ENDS = {
    "ACTIVITY_PAUSED",
    "ACTIVITY_STOPPED",
    "MOVE_TO_BACKGROUND",
    "SCREEN_NON_INTERACTIVE",
    "KEYGUARD_SHOWN",
    "DEVICE_SHUTDOWN",
}
_LOCALE = re.compile(r"([a-z]{2,3})(?:[-_][A-Za-z0-9-]{1,40})?")
_LONGEST_SPAN = timedelta(hours=6)
_EVENING, _NIGHT = timedelta(hours=23), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class UseReading:
    """What the phone's own counters say at one moment, in seconds; it holds no name of an app.

    ``categories``: use of apps by category in the counter's week, which begins anew by itself. ``nights``:
    use between 23:00 and 05:00 by the night's first date. ``languages``: how many are set up.
    """

    categories: Mapping[str, int]
    nights: Mapping[str, int]
    languages: int


def parse_connectivity(text: str) -> str:
    """``wifi``, ``mobile``, ``other`` or ``none``, of ``dumpsys connectivity``."""
    active = _ACTIVE.search(text)
    if active is None or not active[1].isdigit():
        return "none"
    for block in text[active.end() :].split("NetworkAgentInfo")[1:]:
        head = block[:80]
        if f"network{{{active[1]}}}" not in head and not re.search(rf"- {active[1]}\]", head):
            continue
        found = _TRANSPORTS.search(block)
        kinds = set(found[1].split("|")) if found else set()
        # A network that is mobile as well is paid for like one.
        if "CELLULAR" in kinds:
            return "mobile"
        return "wifi" if "WIFI" in kinds else "other"
    return "other"


def parse_battery(text: str) -> str:
    """``on`` when ``dumpsys battery`` names a source of power, else ``off``."""
    return "on" if "true" in _POWERED.findall(text) else "off"


def parse_locales(text: str) -> int:
    """How many languages ``settings get system system_locales`` names."""
    found = (_LOCALE.fullmatch(part.strip()) for part in text[:LONGEST_LINE].split(","))
    return len({match[1] for match in found if match})


def parse_use(text: str, category_of: Callable[[str], str | None], languages: int) -> UseReading | None:
    """The first user's weekly counters and last events of ``dumpsys usagestats``; None for anything else."""
    section, seen, categories = "", 0, dict[str, int]()
    weekly, events = False, list[tuple[datetime, str]]()
    for line in _lines(text):
        heading = _SECTION.match(line)
        if heading:
            if heading[3] and (weekly or events):
                break  # the next user of the phone
            section = heading[1] or ("events" if heading[2] else "")
            weekly = weekly or section == "weekly"
        elif section == "weekly" and seen < MOST_PACKAGES:
            used = _PACKAGE.match(line)
            category = category_of(used[1]) if used else None
            seen += used is not None
            if used and category:
                seconds = _seconds(used[2]) if used[2] else int(used[3]) // 1000
                categories[category] = categories.get(category, 0) + min(seconds, _WEEK_S)
        elif section == "events":
            event = _EVENT.match(line)
            if event:
                events += _moment(event[1], event[2])
    return UseReading(categories, _nights(events), languages) if weekly else None


def _lines(text: str) -> Iterator[str]:
    return (line for line in islice(text.splitlines(), MOST_LINES) if len(line) <= LONGEST_LINE)


def _seconds(text: str) -> int:
    """Of ``H:MM:SS`` or ``MM:SS``."""
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part or 0)
    return total


def _moment(text: str, kind: str) -> list[tuple[datetime, str]]:
    try:
        return [
            (datetime.fromisoformat(text), kind)
        ]  # the phone's own wall clock: what night is to its owner
    except ValueError:
        return []


def _nights(events: list[tuple[datetime, str]]) -> dict[str, int]:
    """Seconds of use in each night. A use that nothing ended is left out."""
    nights, since = dict[str, timedelta](), None
    for moment, kind in sorted(events):
        if since is not None and (kind in _ENDS or kind in _BEGINS) and moment - since <= _LONGEST_SPAN:
            for evening in (since.date() - timedelta(days=1), since.date()):
                begin = datetime.combine(evening, datetime.min.time()) + _EVENING
                used = min(moment, begin + _NIGHT) - max(since, begin)
                if used > timedelta(0):
                    nights[str(evening)] = nights.get(str(evening), timedelta(0)) + used
        if kind in _BEGINS:
            since = moment
        elif kind in _ENDS:
            since = None
    return {night: min(int(used.total_seconds()), 6 * 3600) for night, used in nights.items()}
