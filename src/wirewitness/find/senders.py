"""Which app sent it: what the capture recorded, else a hint; it is said which of both.

A user agent is what an app calls itself: anyone may write anything, and many send a library's name. A server
name may be of one app's own client (`data/app_hosts.toml`). So a hint never becomes a fact; products of
libraries and browsers' common words are no hint at all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from wirewitness.find.lookups import app_of_host
from wirewitness.find.tables import Tables

MOST = 8
_PRODUCT = re.compile(r"([A-Za-z][A-Za-z0-9._ -]{1,60}?)/[0-9]")
_PACKAGE = re.compile(r"\b([a-z][a-z0-9_]*(?:\.[a-z0-9_]+){2,6})\b")
LIBRARIES = frozenset(
    {
        *(
            "mozilla",
            "applewebkit",
            "khtml",
            "version",
            "mobile",
            "safari",
            "gecko",
            "chrome",
            "build",
            "linux",
        ),
        *(
            "dalvik",
            "okhttp",
            "cfnetwork",
            "darwin",
            "curl",
            "wget",
            "python-requests",
            "python-urllib",
            "go-http-client",
        ),
        *(
            "apache-httpclient",
            "axios",
            "node-fetch",
            "java",
            "retrofit",
            "volley",
            "exoplayerlib",
            "exoplayer",
        ),
        *(
            "alamofire",
            "ktor-client",
            "dart",
            "flutter",
            "unityplayer",
            "libcurl",
            "httpx",
            "python-httpx",
            "android",
        ),
        *(
            "ios",
            "iphone",
            "os",
            "device",
            "app",
            "sdk",
            "client",
            "http",
            "webview",
            "wv",
            "libhttp",
            "cronet",
        ),
    }
)
"""Names that say which library or engine spoke, not which app."""

_AGENTS = f"""
SELECT f.host, f.address, m.user_agent FROM message m
JOIN phone_flow f ON f.capture = m.capture AND f.id = m.flow
WHERE m.up AND m.user_agent <> '' GROUP BY f.host, f.address, m.user_agent
QUALIFY row_number() OVER (PARTITION BY f.host, f.address ORDER BY count(*) DESC, m.user_agent) <= {MOST}
ORDER BY ALL
"""  # noqa: S608 - a number of ours
_APPS = f"""
SELECT host, address, app FROM phone_flow WHERE app <> '' GROUP BY host, address, app
QUALIFY row_number() OVER (PARTITION BY host, address ORDER BY count(*) DESC, app) <= {MOST} ORDER BY ALL
"""  # noqa: S608 - a number of ours


@dataclass(frozen=True)
class Senders:
    """Apps of one host at one address: recorded ones, and those that user agents or its name hint at."""

    apps: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


def find_senders(tables: Tables) -> dict[tuple[str, str], Senders]:
    """By (host, address). Needs `phone_flow`."""
    apps: dict[tuple[str, str], list[str]] = defaultdict(list)
    hints: dict[tuple[str, str], list[str]] = defaultdict(list)
    for host, address, app in tables.rows(_APPS):
        apps[str(host), str(address)].append(str(app))
    for host, address, agent in tables.rows(_AGENTS):
        known = hints[str(host), str(address)]
        known += [name for name in [hint_of(str(agent))] if name and name not in known]
    for host, address in tables.rows("SELECT DISTINCT host, address FROM phone_flow WHERE host <> ''"):
        name = app_of_host(str(host))
        if name and name not in hints[str(host), str(address)]:
            hints[str(host), str(address)].append(name)
    return {key: Senders(tuple(apps[key]), tuple(hints[key])) for key in sorted({*apps, *hints})}


def hint_of(agent: str) -> str:
    """What a user agent calls its app; "" when it names libraries only.

    >>> hint_of("Shop/4.2 (com.shop.app; build:7; iOS 17.1) Alamofire/5.9")
    'com.shop.app'
    >>> hint_of("Dalvik/2.1.0 (Linux; U; Android 14)")
    ''
    """
    package = next(
        (name for name in _PACKAGE.findall(agent[:512]) if not name.replace(".", "").isdigit()), ""
    )
    if package:
        return package
    products = (product.strip() for product in _PRODUCT.findall(agent[:512]))
    return next((name for name in products if not LIBRARIES.issuperset(name.lower().split())), "")
