"""The table of known trackers' fields: one half of the labelled values teaches, the other measures.

python tools/learn_tracker_fields.py FOLDER             writes src/wirewitness/find/rules/trackers.toml
python tools/measure_detectors.py FOLDER                measures, and writes docs/method/detectors.md

FOLDER holds adapterExamples.json of tweaselORG/tracker-wiki (CC0): values that apps sent, each with its kind.
A value (with its field and endpoint) belongs to the half that the first bit of its SHA-256 says. Names of
fields are learnt, values are not kept.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = ROOT / "src/wirewitness/find/rules/trackers.toml"
LEAST_SHARE = 0.98
LEAST_NAME = 3
GENERIC = frozenset(
    {
        *(
            "category",
            "context",
            "device",
            "duration",
            "grid",
            "height",
            "ide",
            "identity",
            "install",
            "name",
            "net",
        ),
        *("product", "resolution", "root", "state", "timestamp", "width"),
    }
)
"""Words in requests of every kind: at a tracker they mean what its adapter says, elsewhere nothing."""
_PROFILE = (
    "diskfree diskused disktotal ramused ramfree ramtotal model carrier language architecture osversion osname "  # noqa: E501 - one line of the page
    "screenheight screenwidth useragent manufacturer country networkconnectiontype batterylevel timezone "
    "orientation isrooted volume isemulator ischarging accelerometerx accelerometery accelerometerz "
    "signalstrengthcellular signalstrengthwifi rotationx rotationy rotationz isroaming isindarkmode devicename "  # noqa: E501 - one line of the page
    "localip publicip"
)
_USAGE = "appid appname appversion installtime starttime timespent uptime isinforeground isfirstlaunch"
KINDS = {
    "identifier.advertising": "idfa hashedidfa",
    "identifier.android_id": "idfv",
    "identifier.cloud_device": "otheridentifiers pushnotificationtoken",
    "location": "latitude longitude state",
    "app_usage": _USAGE,
    "browsing": "viewedpage referer",
    "device_profile": _PROFILE,
}
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names.split()}
"""What is no personal data (trackersdkversion, revenue) has no kind; a detector must stay silent about it."""


@dataclass(frozen=True)
class Row:
    """One labelled value."""

    endpoint: str
    label: str
    context: str
    path: str
    value: object

    @property
    def label_kind(self) -> str:
        """The data kind of its label, or "" for what is no personal data."""
        return KIND_OF.get(self.label, "")

    @property
    def kind(self) -> str:
        """The same, but that a field called `android_id` is one, also where it is labelled otherwise."""
        other = self.label == "otheridentifiers" and self.names[-1:] == ["android_id"]
        return "identifier.android_id" if other else self.label_kind

    @property
    def learns(self) -> bool:
        """Whether it belongs to the half that is learnt from."""
        text = json.dumps([self.endpoint, self.context, self.path, self.value], sort_keys=True)
        return hashlib.sha256(text.encode()).digest()[0] < 128

    @property
    def names(self) -> list[str]:
        """The names on the way to the value, in lower case; marks of arrays are left out."""
        plain = re.sub(r"\[\?.*?\)\]|\[['\"]?|['\"]?\]|^\$\.", ".", self.path)
        return [name for name in re.split(r"[.]+", plain.lower()) if name and name != "*"]

    @property
    def keys(self) -> list[str]:
        """What a rule may know it by: its name, or its parent's with it."""
        names = self.names
        pair = ["/".join(names[-2:])] if len(names) > 1 else []
        name = ["=" + n for n in names[-1:] if len(n) >= LEAST_NAME and not n.isdigit() and n not in GENERIC]
        return [
            k for k in (*name, *pair) if re.fullmatch(r"[a-z0-9_$/=-]{3,63}", k) and re.search("[a-z]{2}", k)
        ]

    @property
    def close_keys(self) -> list[str]:
        """As `keys`, with names that would mean other things at another tracker: one letter, a number."""
        names = self.names
        found = ["=" + names[-1]] if names and not names[-1].isdigit() else []
        found += ["/".join(names[-2:])] if len(names) > 1 else []
        return [key for key in found if re.fullmatch(r"[a-z0-9_$/=-]{2,63}", key)]


HOSTS = {
    "adcolony": ("adcolony.com",),
    "adjust": ("adjust.com", "adjust.io", "adjust.world", "adjust.net.in"),
    "apple": ("apple.com",),
    "branch-io": ("branch.io",),
    "chartboost": ("chartboost.com",),
    "facebook": ("facebook.com",),
    "google": (
        "google.com",
        "googleapis.com",
        "app-measurement.com",
        "doubleclick.net",
        "googlesyndication.com",
    ),
    "infonline": ("ioam.de",),
    "ironsource": ("supersonicads.com", "ironsrc.com", "ironsrc.mobi", "isprog.com"),
    "microsoft": ("appcenter.ms",),
    "mopub": ("mopub.com",),
    "onesignal": ("onesignal.com",),
    "rayjump": ("rayjump.com",),
    "singular-net": ("singular.net",),
    "smartbear": ("bugsnag.com",),
    "start-io": ("startappservice.com", "startapp.com", "start.io"),
    "unity": ("unity3d.com", "unity.com"),
    "vungle": ("vungle.com",),
    "yandex": ("yandex.net", "yandex.com", "yandex.ru"),
}
"""Registrable domains to which the endpoints of a tracker belong, as its own documentation names them."""


def read_rows(folder: Path) -> list[Row]:
    """Every labelled value."""
    found = json.loads((folder / "adapterExamples.json").read_text("utf-8"))
    return [
        Row(endpoint, label, context, path, value)
        for endpoint, fields in sorted(found.items())
        for field, values in sorted(fields.items())
        for label, context, path in [field.split("/", 2)]
        for value in values
        if value not in ("", None, {}, [])
    ]


Found = dict[tuple[str, str], dict[str, set[str]]]
"""(kind, endpoint or "" for any) to names, each with the endpoints that used it so."""


def learn(rows: list[Row]) -> Found:
    """Names that mean one kind everywhere, or at one tracker (for its hosts alone)."""
    found: Found = defaultdict(dict)
    for key, kind, users in _pure(rows, lambda row: row.keys):
        found[kind, ""][key] = users
    meant = _meant(rows)
    for endpoint in sorted({row.endpoint for row in rows}):
        own = [row for row in rows if row.endpoint == endpoint]
        for key, kind, users in _pure(own, lambda row: row.close_keys):
            if key not in found[kind, ""] and meant[endpoint.split("/")[0], key] == kind:
                found[kind, endpoint][key] = users
    for names in found.values():
        # A pair says nothing that its name alone says.
        for key in [k for k in names if "/" in k and "=" + k.rsplit("/", 1)[-1] in names]:
            del names[key]
    return {where: names for where, names in found.items() if names}


def _meant(rows: list[Row]) -> dict[tuple[str, str], str]:
    """What most values under a name are at all endpoints of a company: a rule counts for all of its hosts."""
    seen: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for key in row.close_keys:
            seen[row.endpoint.split("/")[0], key][row.kind] += 1
    return {where: kinds.most_common(1)[0][0] for where, kinds in seen.items()}


def _pure(rows: list[Row], keys: Callable[[Row], list[str]]) -> Iterator[tuple[str, str, set[str]]]:
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    users: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for key in keys(row):
            seen[key][row.kind] += 1
            users[key].add(row.endpoint)
    for key, kinds in sorted(seen.items()):
        kind, count = kinds.most_common(1)[0]
        if kind and count >= LEAST_SHARE * kinds.total():
            yield key, kind, users[key]


def test_of(kind: str) -> str:
    """What a value must be like: an identifier is no plain word, a place has decimals."""
    return "token" if kind.startswith("identifier.") else "coordinate" if kind == "location" else "nonempty"


def render_rules(found: Found) -> str:
    """The rules file."""
    lines = [
        "# Fields of known trackers, by name. Made by tools/learn_tracker_fields.py from the labelled values of",  # noqa: E501 - one line of the page
        "# tweasel.org's adapters (adapterExamples.json, CC0), one half of them; the other half measures it.",
    ]
    for (kind, endpoint), names in sorted(found.items(), key=lambda one: (one[0][1], one[0][0])):
        endpoints = sorted(set().union(*names.values()))
        who = f"{endpoint}: " if endpoint else ""
        reason = f"Sent under these names, and for nothing else, by {len(endpoints)} endpoints of trackers"
        if endpoint:
            reason = f"What {endpoint} is sent under these names"
        lines += [
            "",
            "[[field]]",
            f'name = "tracker field: {who}{kind}"',
            f'kind = "{kind}"',
            "keys = [",
            *(f'    "{name}",' for name in sorted(names)),
            "]",
            f'test = "{test_of(kind)}"',
            *([f"hosts = {json.dumps(list(HOSTS[endpoint.split('/')[0]]))}"] if endpoint else []),
            f'reason = "{reason} (adapters of tweasel.org)."',
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Learns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    rows = read_rows(parser.parse_args().folder)
    RULES.write_text(render_rules(learn([row for row in rows if row.learns])), encoding="utf-8")


if __name__ == "__main__":
    main()
