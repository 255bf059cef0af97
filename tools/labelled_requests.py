"""Requests with personal data nobody listed, and requests without any: generated, each with its kinds.

The records are those of public interfaces (Android's providers and managers, RFC 5545 and 6350, Google's
geolocation request), under the names that the interfaces give, the same as one word, or short ones that
programs make of them. "private" names are one letter each: nobody can know them, and they show what a table
of names cannot do. Beside them stand requests that any app makes, with texts, times, numbers and lists as
well, and nothing personal.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

Record = dict[str, object]
WORDS = (
    *("morning", "river", "late", "window", "paper", "seven", "coffee", "friend", "home", "train", "ticket"),
    *("doctor", "blue", "market", "garden", "winter", "music", "letter", "bridge", "school", "kitchen"),
    *("bread", "corner", "lemon", "island", "street", "number", "story"),
)
PEOPLE = (
    *("Ada Byron", "Lin Wei", "Jonas Berg", "Maria Rossi", "Omar Haddad", "王小明", "Zoë Martin"),
    "Ivan Petrov",
)
APPS = (
    *("com.whatsapp", "com.tencent.mm", "org.mozilla.firefox", "com.spotify.music", "de.bank.app"),
    *("com.facebook.katana", "com.viber.voip", "org.telegram.messenger", "com.instagram.android"),
    *("cn.wps.moffice", "com.netflix.mediaclient", "io.news.reader", "com.sina.weibo", "fr.meteo.pluie"),
    *("com.grindr.android", "com.duolingo"),
)
HOSTS = ("news.example.org", "shop.example.com", "health.example.net", "forum.example.de", "video.example.tv")
NAMES = ("as they are", "one word", "short", "private")
SHORT = {
    "duration": "dur",
    "package_name": "pkg",
    "timestamp": "ts",
    "total_time_in_foreground": "total_ms",
    "display_name": "name",
    "phone_number": "phone",
    "first_install_time": "installed_at",
    "last_visit_time": "visited_at",
    "cell_id": "cid",
    "location_area_code": "lac",
    "mobile_country_code": "mcc",
    "mobile_network_code": "mnc",
    "clipboard_text": "clip_text",
    "interest_scores": "affinity",
    "browser_history": "history_urls",
    "thread_id": "thread_id",
}
"""What programs make of the long names."""


@dataclass(frozen=True)
class LabelledRequest:
    """A request's body with what it carries; `names` says how its fields are called."""

    body: bytes
    content_type: str
    kinds: frozenset[str]
    names: str
    grain: str = ""
    sort: str = field(default="", compare=False)


class Source:
    """Draws values; the same seed gives the same requests."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - reproducible, nothing secret

    def text(self, least: int = 3, most: int = 9) -> str:
        """A few words."""
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(least, most)))

    def number(self) -> str:
        """A telephone number, written in one of three ways."""
        digits = "".join(self.rng.choice("0123456789") for _ in range(9))
        return self.rng.choice((f"+49151{digits}", f"0151{digits}", f"+86 138 {digits[:4]} {digits[4:8]}"))

    def moment(self) -> int | str:
        """A time of July 2014, in seconds, milliseconds or as a date."""
        seconds = 1_404_200_000 + self.rng.randrange(2_000_000)
        date = f"2014-07-{seconds % 28 + 1:02}T{seconds % 24:02}:{seconds % 60:02}:00Z"
        return self.rng.choice((seconds, seconds * 1000, date))

    def url(self) -> str:
        """A page's address."""
        return f"https://{self.rng.choice(HOSTS)}/{self.rng.choice(WORDS)}/{self.rng.randrange(10**6)}"

    def mac(self) -> str:
        """A radio address."""
        return ":".join(f"{self.rng.randrange(256):02x}" for _ in range(6))

    def several(self, make: Callable[[], Record], least: int = 3, most: int = 12) -> list[object]:
        """A list of records."""
        return [make() for _ in range(self.rng.randint(least, most))]


def _calls(s: Source) -> object:
    return s.several(
        lambda: {
            "number": s.number(),
            "date": s.moment(),
            "duration": s.rng.randrange(3600),
            "type": s.rng.randint(1, 3),
        }
    )


def _messages(s: Source) -> object:
    return s.several(
        lambda: {
            "address": s.number(),
            "thread_id": s.rng.randrange(99),
            "date": s.moment(),
            "body": s.text(),
            "read": 1,
        },
        1,
    )


def _who_wrote(s: Source) -> object:
    return s.several(
        lambda: {"address": s.number(), "thread_id": s.rng.randrange(99), "date": s.moment(), "read": 1}
    )


def _people(s: Source) -> object:
    return s.several(
        lambda: {"display_name": s.rng.choice(PEOPLE), "phone_number": s.number(), "starred": 0}, 4
    )


def _numbers(s: Source) -> object:
    return {"phone_numbers": [s.number() for _ in range(s.rng.randint(6, 40))]}


def _cards(s: Source) -> object:
    one = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{}\r\nTEL:{}\r\nEND:VCARD\r\n"
    return {"data": "".join(one.format(s.rng.choice(PEOPLE), s.number()) for _ in range(s.rng.randint(1, 9)))}


def _apps(s: Source) -> list[str]:
    return s.rng.sample(APPS, s.rng.randint(6, len(APPS)))


def _packages(s: Source) -> object:
    return [
        {"package_name": app, "version_code": s.rng.randrange(999), "first_install_time": s.moment()}
        for app in _apps(s)
    ]


def _app_names(s: Source) -> object:
    return {"packages": _apps(s)}


def _app_text(s: Source) -> object:
    return {"p": s.rng.choice(",;|").join(_apps(s))}


def _app_totals(s: Source) -> object:
    return [
        {
            "package_name": app,
            "total_time_in_foreground": s.rng.randrange(10**7),
            "launches": s.rng.randrange(99),
        }
        for app in _apps(s)
    ]


def _app_events(s: Source) -> object:
    return s.several(
        lambda: {
            "package_name": s.rng.choice(APPS),
            "event_type": s.rng.randint(1, 7),
            "timestamp": s.moment(),
        },
        6,
    )


def _actions(s: Source) -> object:
    acts = [f"{word}_{act}" for word in s.rng.sample(WORDS, 5) for act in ("opened", "shared")]
    return [{"event_name": act, "timestamp": s.moment(), "n": s.rng.randrange(9)} for act in acts]


def _calendar(s: Source) -> object:
    return s.several(
        lambda: {
            "title": s.text(1, 4),
            "dtstart": s.moment(),
            "dtend": s.moment(),
            "event_location": s.text(1, 2),
        },
        1,
    )


def _ical(s: Source) -> object:
    event = "BEGIN:VEVENT\r\nDTSTART:20140718T100000Z\r\nSUMMARY:{}\r\nEND:VEVENT\r\n"
    events = "".join(event.format(s.text(1, 4)) for _ in range(s.rng.randint(1, 6)))
    return {"data": f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n"}


def _clip(s: Source) -> object:
    return {"clipboard_text": s.text(), "mime": "text/plain"}


def _history(s: Source) -> object:
    return s.several(
        lambda: {
            "url": s.url(),
            "title": s.text(2, 4),
            "visit_count": s.rng.randrange(9),
            "last_visit_time": s.moment(),
        },
        2,
    )


def _history_list(s: Source) -> object:
    return {"browser_history": [s.url() for _ in range(s.rng.randint(2, 9))]}


def _cells(s: Source) -> object:
    return s.several(
        lambda: {
            "cell_id": s.rng.randrange(1, 1 << 28),
            "location_area_code": s.rng.randrange(1, 65535),
            "mobile_country_code": 460,
            "mobile_network_code": s.rng.randrange(12),
            "signal_strength": -s.rng.randrange(50, 120),
        },
        1,
    )


def _access_points(s: Source) -> object:
    return s.several(
        lambda: {
            "mac_address": s.mac(),
            "signal_strength": -s.rng.randrange(30, 90),
            "channel": s.rng.randrange(1, 13),
        },
        2,
    )


def _interests(s: Source) -> object:
    return {"interest_scores": {word: s.rng.random() for word in s.rng.sample(WORDS, 5)}}


PERSONAL: tuple[tuple[str, str, Callable[[Source], object]], ...] = (
    ("call_log", "", _calls),
    ("sms.body", "", _messages),
    ("sms.metadata", "", _who_wrote),
    ("contact", "", _people),
    ("contact", "", _numbers),
    ("contact", "", _cards),
    ("app_list", "", _packages),
    ("app_list", "", _app_names),
    ("app_list", "", _app_text),
    ("app_usage", "aggregate", _app_totals),
    ("app_usage", "events", _app_events),
    ("app_usage", "events", _actions),
    ("calendar", "", _calendar),
    ("calendar", "", _ical),
    ("clipboard", "", _clip),
    ("browsing", "events", _history),
    ("browsing", "", _history_list),
    ("network.cells", "", _cells),
    ("network.bssid", "", _access_points),
    ("preference", "aggregate", _interests),
)


def _ordinary(s: Source) -> dict[str, object]:
    """What any app sends, by sort."""
    r, t = s.rng, s.text
    version = f"{r.randrange(9)}.{r.randrange(20)}.{r.randrange(99)}"
    small = r.randrange(100)
    trace = [
        f"com.example.shop.ui.{w.title()}Fragment.on{w.title()}({w.title()}.java:{small})"
        for w in r.sample(WORDS, 6)
    ]
    return {
        "settings": {"v": version, "flags": {w: r.random() < 0.5 for w in r.sample(WORDS, 6)}},
        "settings of the clipboard": {"clipboard": True, "clipboard_enabled": False, "calendar_sync": "off"},
        "crash": {
            "exception": "java.lang.IllegalStateException",
            "message": t(),
            "frames": trace,
            "thread": "main",
        },
        "loaded classes": {"classes": [f"com.example.shop.{w.title()}" for w in r.sample(WORDS, 8)]},
        "own parts": {"sdk": ["com.example.shop", "com.google.android.gms", "com.android.vending"]},
        "search": {"q": t(1, 3), "page": small, "sort": "price"},
        "cart": {"items": [{"sku": r.randrange(10**8), "quantity": 2, "price": 9.99} for _ in range(5)]},
        "order": {"name": r.choice(PEOPLE), "street": t(2, 3), "city": r.choice(WORDS), "items": [small]},
        "films": [{"title": t(2, 4), "duration": r.randrange(9000), "date": s.moment()} for _ in range(4)],
        "songs": [{"number": n, "title": t(1, 3), "duration": r.randrange(300)} for n in range(1, 9)],
        "podcasts": [
            {"id": r.randrange(10**6), "length": r.randrange(9000), "position": 5} for _ in range(4)
        ],
        "news seen": {"articles": [r.randrange(10**7) for _ in range(12)]},
        "link shared": {"url": s.url(), "title": t(2, 4)},
        "picture asked for": {"url": s.url(), "width": 640, "height": 480},
        "comment": {"text": t(), "article": r.randrange(10**6), "lang": "en"},
        "support": {"message": t(), "subject": t(1, 3), "ticket": r.randrange(10**6)},
        "review": {"from": "web", "to": "shop", "text": t(), "stars": 4},
        "hotel": {"start_date": "2014-08-01", "end_date": "2014-08-09", "guests": 2, "city": r.choice(WORDS)},
        "flight": {"from": "BER", "to": "PEK", "date": "2014-08-01", "adults": 1},
        "weather": {"city": r.choice(WORDS), "units": "metric", "days": 5},
        "table of a game": {"level": small, "score": r.randrange(10**6), "duration": small, "type": 2},
        "moves of a game": [{"t": n, "action": "tap", "x": r.randrange(640)} for n in range(8)],
        "video progress": {
            "id": r.randrange(10**6),
            "position": small,
            "duration": r.randrange(9000),
            "date": s.moment(),
        },
        "translation": {"text": t(), "from": "en", "to": "zh"},
        "test group": {"experiment": r.choice(WORDS), "group": "b", "seed": r.randrange(10**9)},
        "speed": {"dns_ms": small, "tls_ms": small, "bytes": r.randrange(10**6), "status": 200},
        "list of files": {"files": [f"img/{w}.png" for w in r.sample(WORDS, 6)]},
        "hosts to warm": {"hosts": [f"www.{h}" for h in HOSTS]},
        "licence": {"package": "com.example.shop", "version": version, "key": f"{r.getrandbits(128):032x}"},
        "grid": {"cell": small, "row": r.randrange(99), "area": r.randrange(99), "sheet": r.choice(WORDS)},
        "shop opening": {"begin_time": "09:00", "end_time": "18:00", "weekday": 3},
        "stock": [
            {"number": r.randrange(10**7), "date": s.moment(), "length": r.randrange(99)} for _ in range(4)
        ],
        "one event": {"event": "app_open", "timestamp": s.moment(), "n": small},
        "numbers of parts": {"parts": [r.randrange(10**9) for _ in range(9)]},
    }


def labelled_requests(seed: int, each: int) -> Iterator[LabelledRequest]:
    """`each` requests of every kind and way of naming, and as many of every ordinary sort."""
    s = Source(seed)
    for _ in range(each):
        for kind, grain, make in PERSONAL:
            for names in NAMES:
                content = {s.rng.choice(("rows", "d", "list", "payload")): make(s)}
                yield _request(s, _renamed(content, names, {}), names, (kind, grain, kind))
        for sort, value in _ordinary(s).items():
            yield _request(s, {"data": value}, "", ("", "", sort))


def _renamed(value: object, names: str, letters: dict[str, str]) -> object:
    if isinstance(value, list):
        return [_renamed(one, names, letters) for one in value]
    if not isinstance(value, dict):
        return value
    return {_name(key, names, letters): _renamed(one, names, letters) for key, one in value.items()}


def _name(key: str, names: str, letters: dict[str, str]) -> str:
    if names == "one word":
        first, *rest = key.split("_")
        return first + "".join(part.title() for part in rest)
    if names == "short":
        return SHORT.get(key, key)
    if names == "private":
        return letters.setdefault(key, "abcdefghijklmnop"[len(letters)])
    return key


def _request(s: Source, content: object, names: str, label: tuple[str, str, str]) -> LabelledRequest:
    kind, grain, sort = label
    kinds = frozenset({kind} - {""})
    text = json.dumps(content, ensure_ascii=s.rng.random() < 0.5)
    if s.rng.random() < 0.2:  # as the value of a form's field
        form = urlencode({"v": "1", "data": text})
        return LabelledRequest(form.encode(), "application/x-www-form-urlencoded", kinds, names, grain, sort)
    return LabelledRequest(text.encode(), "application/json", kinds, names, grain, sort)
