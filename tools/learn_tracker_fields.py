"""The table of known trackers' fields, and how well the detectors do: one half teaches, the other measures.

python tools/learn_tracker_fields.py FOLDER             writes src/wirewitness/find/rules/trackers.toml
python tools/learn_tracker_fields.py FOLDER --measure   writes docs/method/detectors.md

FOLDER holds adapterExamples.json of tweaselORG/tracker-wiki (CC0): values that apps sent, each with its kind.
A value (with its field and endpoint) belongs to the half that the first bit of its SHA-256 says. Names of
fields are learnt, values are not kept.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq

from wirewitness import decode
from wirewitness.find.rule_files import load_rules
from wirewitness.model.decoding import CaptureInfo, DecodeRequest
from wirewitness.model.needle import FieldRule, Needles
from wirewitness.model.telling import Told, ToldFlow, ToldMessage

ROOT = Path(__file__).parents[1]
RULES = ROOT / "src/wirewitness/find/rules/trackers.toml"
PAGE = ROOT / "docs/method/detectors.md"
LEAST_SHARE = 0.98
LEAST_NAME = 3
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
    def kind(self) -> str:
        """The data kind, or "" for what is no personal data."""
        return KIND_OF.get(self.label, "")

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
        name = ["=" + n for n in names[-1:] if len(n) >= LEAST_NAME and not n.isdigit()]
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
    for endpoint in sorted({row.endpoint for row in rows}):
        own = [row for row in rows if row.endpoint == endpoint]
        for key, kind, users in _pure(own, lambda row: row.close_keys):
            if key not in found[kind, ""]:
                found[kind, endpoint][key] = users
    for names in found.values():
        # A pair says nothing that its name alone says.
        for key in [k for k in names if "/" in k and "=" + k.rsplit("/", 1)[-1] in names]:
            del names[key]
    return {where: names for where, names in found.items() if names}


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


def _test(kind: str) -> str:
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
            f'test = "{_test(kind)}"',
            *([f"hosts = {json.dumps(list(HOSTS[endpoint.split('/')[0]]))}"] if endpoint else []),
            f'reason = "{reason} (adapters of tweasel.org)."',
        ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Requests:
    """Labelled values as requests: a source like any other, so that the whole way is measured."""

    rows: list[Row]

    def tell(self) -> Iterator[Told]:
        """A request for each value, numbered as the rows are."""
        yield ToldFlow(key=1, id="rows#0", first_ns=1, last_ns=2, host="tracker.example")
        for number, row in enumerate(self.rows):
            value = row.value if isinstance(row.value, str) else json.dumps(row.value)
            common = ToldMessage(
                1, number, from_client=True, time_ns=1, end_ns=1, protocol="http/1.1", method="POST"
            )
            name = row.names[-1] if row.names else "value"
            if row.context == "header":
                yield _with(common, headers=((row.path, value.encode()),), target=b"/")
            elif row.context == "query":
                yield _with(common, target=f"/?{quote(name)}={quote(value)}".encode())
            else:
                body: object = row.value
                for part in reversed(row.names or ["value"]):
                    body = {part: body}
                yield _with(common, body=json.dumps(body).encode(), target=b"/")


def _with(message: ToldMessage, **changes: object) -> ToldMessage:
    return replace(message, **changes)  # type: ignore[arg-type]


Sums = dict[str, tuple[int, int, int]]


def strangers(rows: list[Row]) -> Sums:
    """Trackers that were not learnt from at all: by what half of the companies call things at all of them."""
    seen = [row for row in rows if hashlib.sha256(row.endpoint.split("/")[0].encode()).digest()[0] < 128]
    learnt = tuple(
        FieldRule(
            kind,
            kind,
            True,
            tuple(names),
            _test(kind),
            0,
            0,
            False,
            "",
        )
        for (kind, endpoint), names in learn(seen).items()
        if not endpoint
    )
    shipped = tuple(
        rule for rule in load_rules().fields if rule.up and not rule.name.startswith("tracker field")
    )
    known = {row.endpoint for row in seen}
    return measure([row for row in rows if row.endpoint not in known], shipped + learnt)[0]


def measure(rows: list[Row], rules: tuple[FieldRule, ...]) -> tuple[Sums, Counter[tuple[str, str]]]:
    """(true, false, missed) by kind, through the core; and what was taken for what."""
    source = Requests(rows)
    info = CaptureInfo(Path("rows"), "", 1, 1, None, None, None, secrets=False, source=source)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        decode.decode_captures(
            DecodeRequest((info,), needles=Needles(rules=rules)), Path(folder), lambda *_: None
        )
        hits = pq.read_table(
            Path(folder) / "hit.parquet", columns=["number", "needle", "detector"]
        ).to_pylist()
    told: dict[int, set[str]] = defaultdict(set)
    for hit in hits:
        rule = rules[hit["needle"]]
        hosts = HOSTS[rows[hit["number"]].endpoint.split("/")[0]]
        if hit["detector"] and (not rule.hosts or set(rule.hosts) & set(hosts)):
            told[hit["number"]].add(rule.kind)
    sums: dict[str, list[int]] = {kind: [0, 0, 0] for kind in KINDS}
    wrong: Counter[tuple[str, str]] = Counter()
    for number, row in enumerate(rows):
        for kind in told[number] & sums.keys() | ({row.kind} if row.kind else set()):
            at = 0 if kind == row.kind and kind in told[number] else 2 if kind == row.kind else 1
            sums[kind][at] += 1
            if at:
                wrong[f"{row.endpoint} {row.label} {row.context} {row.path}", kind] += 1
    return {kind: (a, b, c) for kind, (a, b, c) in sums.items()}, wrong


def f1(true: int, false: int, missed: int) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * true / max(1, 2 * true + false + missed)


def wilson(part: int, whole: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    if not whole:
        return "–"
    z, share = 1.96, part / whole
    centre = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * (share * (1 - share) / whole + z * z / (4 * whole * whole)) ** 0.5
    return f"{share:.4f} ({max(0, centre - half):.4f} to {min(1, centre + half):.4f})"


def macro(sums: Sums) -> float:
    """The mean of the kinds' F1; a kind of which there is no value does not count."""
    scores = [f1(*one) for one in sums.values() if one[0] + one[2]]
    return sum(scores) / len(scores)


def identifiers(sums: Sums) -> str:
    """Precision over all kinds of identifiers."""
    named = [one for kind, one in sums.items() if kind.startswith("identifier.")]
    true, false = sum(one[0] for one in named), sum(one[1] for one in named)
    return wilson(true, true + false)


def render_page(sums: Sums, rows: int, unseen: Sums) -> str:
    """docs/method/detectors.md."""
    lines = [
        "# Personal data that nobody listed: how well the detectors do",
        "",
        "A detector knows a field by its name (`find/rules/fields.toml`, `find/rules/trackers.toml`) or a value by",  # noqa: E501 - one line of the page
        "its form and check digit. What it finds is a *lead*: it names a place to look at and never convicts.",  # noqa: E501 - one line of the page
        "",
        "Measured on the half of the labelled values of tweasel.org's adapters (what apps sent to 43 endpoints of",  # noqa: E501 - one line of the page
        f"trackers) that was not learnt from: {rows:,} values, each as a request of its own through the whole core.",  # noqa: E501 - one line of the page
        "The half of a value is the first bit of its SHA-256; a field seen in one half may occur in the other, an",  # noqa: E501 - one line of the page
        "endpoint nobody has described is harder. Made by `python tools/learn_tracker_fields.py FOLDER --measure`.",  # noqa: E501 - one line of the page
        "",
        "| kind | values | found | precision | recall | F1 |",
        "|---|---|---|---|---|---|",
    ]
    for kind, (true, false, missed) in sorted(sums.items()):
        lines.append(
            f"| `{kind}` | {true + missed:,} | {true:,} | {wilson(true, true + false)} | "
            f"{wilson(true, true + missed)} | {f1(true, false, missed):.3f} |"
        )
    lines += [
        "",
        f"Macro-F1: **{macro(sums):.3f}**. Precision for identifiers: **{identifiers(sums)}**.",
        "",
        "Of trackers that nothing was learnt from (the companies are halved, and what one half calls things is looked",  # noqa: E501 - one line of the page
        f"for at the other) the macro-F1 is **{macro(unseen):.3f}**, the precision for identifiers",
        f"**{identifiers(unseen)}**: names are a matter of each tracker, so that a table must be kept.",
        "",
        "What has a number for a name (a position in a list, a member of a protocol buffer) or a name of one or two",  # noqa: E501 - one line of the page
        "letters means other things elsewhere: such a row counts for the hosts of its tracker only.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Learns, or measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--measure", action="store_true")
    arguments = parser.parse_args()
    rows = read_rows(arguments.folder)
    if not arguments.measure:
        RULES.write_text(render_rules(learn([row for row in rows if row.learns])), encoding="utf-8")
        return
    every, rows = rows, [row for row in rows if not row.learns]
    sums, wrong = measure(rows, tuple(rule for rule in load_rules().fields if rule.up))
    PAGE.write_text(render_page(sums, len(rows), strangers(every)), encoding="utf-8")
    for (where, kind), count in wrong.most_common(25):
        print(count, where, kind)


if __name__ == "__main__":
    main()
