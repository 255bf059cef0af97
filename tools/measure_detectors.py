"""How well the detectors of data nobody listed do: on labelled values of real apps and on generated requests.

python tools/measure_detectors.py FOLDER    writes docs/method/detectors.md and find/rules/measured.toml

FOLDER holds adapterExamples.json of tweaselORG/tracker-wiki (CC0). Everything goes through the whole core.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
from labelled_requests import NAMES, PERSONAL, LabelledRequest, labelled_requests
from learn_tracker_fields import HOSTS, KINDS, ROOT, Row, learn, read_rows, test_of
from measured_confidence import LEAST, Measured, by_kind, by_rule, interval, render

from wirewitness import decode
from wirewitness.find.rule_files import load_rules
from wirewitness.model.decoding import CaptureInfo, DecodeRequest
from wirewitness.model.needle import FieldRule, Needles
from wirewitness.model.telling import Told, ToldFlow, ToldMessage

PAGE = ROOT / "docs/method/detectors.md"
MEASURED = ROOT / "src/wirewitness/find/rules/measured.toml"
SEED = 2014
EACH = 50
RECORDS = tuple(dict.fromkeys(kind for kind, _, _ in PERSONAL))
ALSO = {
    "call_log": {"contact"},
    "sms.body": {"contact", "sms.metadata"},
    "sms.metadata": {"contact"},
    "app_usage": {"app_list"},
    "app_list": {"app_usage"},
    "licence": {"app_usage"},
}
"""What a sort of request tells besides: calls name people, totals of use name apps; the labels of tweasel.org
call an app's own name and version its use."""
Sums = dict[str, tuple[int, int, int]]
"""(true, false, missed) by kind."""
Tallies = Mapping[str, tuple[int, int]]
"""(right, found) by a rule's name."""


@dataclass(frozen=True)
class Requests:
    """Requests as a source like any other, so that the whole way is measured."""

    messages: Sequence[ToldMessage]

    def tell(self) -> Iterator[Told]:
        """A request each, numbered as they stand."""
        yield ToldFlow(key=1, id="rows#0", first_ns=1, last_ns=2, host="tracker.example")
        yield from self.messages


def _message(number: int, **changes: object) -> ToldMessage:
    common = ToldMessage(
        *(1, number), from_client=True, time_ns=1, end_ns=1, protocol="http/1.1", method="POST", target=b"/"
    )
    return replace(common, **changes)  # type: ignore[arg-type]


def message_of_value(number: int, row: Row) -> ToldMessage:
    """A request with one labelled value where its tracker takes it."""
    value = row.value if isinstance(row.value, str) else json.dumps(row.value)
    name = row.names[-1] if row.names else "value"
    if row.context == "header":
        return _message(number, headers=((row.path, value.encode()),))
    if row.context == "query":
        return _message(number, target=f"/?{quote(name)}={quote(value)}".encode())
    body: object = row.value
    for part in reversed(row.names or ["value"]):
        body = {part: body}
    return _message(number, body=json.dumps(body).encode())


def message_of_request(number: int, one: LabelledRequest) -> ToldMessage:
    """A generated request."""
    return _message(number, body=one.body, headers=(("Content-Type", one.content_type.encode()),))


def rules_met(messages: Iterable[ToldMessage], rules: tuple[FieldRule, ...]) -> dict[int, list[FieldRule]]:
    """For each request's number, the rules that fired."""
    source = Requests(tuple(messages))
    info = CaptureInfo(Path("rows"), "", 1, 1, None, None, None, secrets=False, source=source)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        request = DecodeRequest((info,), needles=Needles(rules=rules))
        decode.decode_captures(request, Path(folder), lambda *_: None)
        columns = ["number", "needle", "detector"]
        hits = pq.read_table(Path(folder) / "hit.parquet", columns=columns).to_pylist()
    met: dict[int, list[FieldRule]] = defaultdict(list)
    for hit in hits:
        if hit["detector"]:
            met[hit["number"]].append(rules[hit["needle"]])
    return met


def measure(
    rows: list[Row], rules: tuple[FieldRule, ...], *, as_labelled: bool = False
) -> tuple[Sums, Counter[tuple[str, str]], Tallies]:
    """(true, false, missed) by kind, through the core; what was taken for what; right ones by rule.

    A value whose label is read otherwise than it stands counts neither for nor against a rule.
    """
    met = rules_met((message_of_value(number, row) for number, row in enumerate(rows)), rules)
    sums: dict[str, list[int]] = {kind: [0, 0, 0] for kind in KINDS}
    wrong: Counter[tuple[str, str]] = Counter()
    by_rule: Counter[tuple[str, bool]] = Counter()
    for number, row in enumerate(rows):
        hosts = set(HOSTS[row.endpoint.split("/")[0]])
        fired = {rule for rule in met[number] if not rule.hosts or hosts & set(rule.hosts)}
        told = {rule.kind for rule in fired}
        right = row.label_kind if as_labelled else row.kind
        if row.kind == row.label_kind:
            by_rule.update((rule.name, rule.kind == right) for rule in fired if rule.kind in sums)
        for kind in told & sums.keys() | ({right} if right else set()):
            at = 0 if kind == right and kind in told else 2 if kind == right else 1
            sums[kind][at] += 1
            if at:
                wrong[f"{row.endpoint} {row.label} {row.context} {row.path}", kind] += 1
    return {kind: (a, b, c) for kind, (a, b, c) in sums.items()}, wrong, tallies(by_rule)


def tallies(by_rule: Counter[tuple[str, bool]]) -> Tallies:
    """(right, found) by a rule's name, of what it found rightly and wrongly."""
    names = sorted({name for name, _ in by_rule})
    return {name: (by_rule[name, True], by_rule[name, True] + by_rule[name, False]) for name in names}


def strangers(rows: list[Row]) -> Sums:
    """Trackers that were not learnt from at all: by what half of the companies call things at all of them."""
    seen = [row for row in rows if hashlib.sha256(row.endpoint.split("/")[0].encode()).digest()[0] < 128]
    learnt = tuple(
        FieldRule(kind, kind, True, tuple(names), test_of(kind), 0, 0, False, "")
        for (kind, endpoint), names in learn(seen).items()
        if not endpoint
    )
    shipped = tuple(rule for rule in upward() if not rule.name.startswith("tracker field"))
    known = {row.endpoint for row in seen}
    return measure([row for row in rows if row.endpoint not in known], shipped + learnt)[0]


def upward() -> tuple[FieldRule, ...]:
    """The rules for what leaves the phone."""
    return tuple(rule for rule in load_rules().fields if rule.up)


@dataclass(frozen=True)
class Generated:
    """What was found in generated requests: by kind; by naming (found, all); of grains (right, told)."""

    sums: Sums
    names: dict[str, tuple[int, int]]
    grains: tuple[int, int]
    requests: int
    ordinary: int
    sorts: int
    wrong: Counter[tuple[str, str, str]]
    rules: Tallies


def measure_generated(seed: int, each: int) -> Generated:
    """Records of every kind under every way of naming, and ordinary requests."""
    requests = list(labelled_requests(seed, each))
    met = rules_met((message_of_request(number, one) for number, one in enumerate(requests)), upward())
    sums: dict[str, list[int]] = {kind: [0, 0, 0] for kind in RECORDS}
    names: dict[str, list[int]] = {name: [0, 0] for name in NAMES}
    right = told = 0
    wrong: Counter[tuple[str, str, str]] = Counter()
    by_rule: Counter[tuple[str, bool]] = Counter()
    for number, one in enumerate(requests):
        fired = [
            rule for rule in met[number] if not rule.hosts
        ]  # those of trackers count at their hosts only
        found = {rule.kind for rule in fired} & sums.keys()
        also = ALSO.get(one.sort, set()) - one.kinds
        by_rule.update((rule.name, rule.kind in one.kinds) for rule in {*fired} if rule.kind in found - also)
        if one.kinds:
            names[one.names][0] += one.kinds <= found
            names[one.names][1] += 1
        grains = {rule.grain for rule in fired if rule.grain and rule.kind in one.kinds}
        if one.grain and grains:
            told += 1
            right += grains == {one.grain}
        for kind in found | one.kinds:
            if kind in also:
                continue
            known = one.names != "private"
            at = 0 if kind in found & one.kinds else 2 if kind in one.kinds else 1
            if known or at != 2:
                sums[kind][at] += 1
            if at and known:
                wrong[one.sort, one.names, ("missed " if at == 2 else "taken for ") + kind] += 1
    return Generated(
        {kind: (a, b, c) for kind, (a, b, c) in sums.items()},
        {name: (a, b) for name, (a, b) in names.items()},
        (right, told),
        len(requests),
        sum(not one.kinds for one in requests),
        len({one.sort for one in requests if not one.kinds}),
        wrong,
        tallies(by_rule),
    )


def f1(true: int, false: int, missed: int) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * true / max(1, 2 * true + false + missed)


def wilson(part: int, whole: int) -> str:
    """A share with its 95 % interval."""
    if not whole:
        return "–"
    least, most = interval(part, whole)
    return f"{part / whole:.4f} ({least:.4f} to {most:.4f})"


def macro(sums: Sums) -> float:
    """The mean of the kinds' F1; a kind of which there is no value does not count."""
    scores = [f1(*one) for one in sums.values() if one[0] + one[2]]
    return sum(scores) / len(scores)


def identifiers(sums: Sums) -> str:
    """Precision over all kinds of identifiers."""
    named = [one for kind, one in sums.items() if kind.startswith("identifier.")]
    true, false = sum(one[0] for one in named), sum(one[1] for one in named)
    return wilson(true, true + false)


def _table(sums: Sums) -> list[str]:
    lines = ["| kind | values | found | precision | recall | F1 |", "|---|---|---|---|---|---|"]
    for kind, (true, false, missed) in sorted(sums.items()):
        lines.append(
            f"| `{kind}` | {true + missed:,} | {true:,} | {wilson(true, true + false)} | "
            f"{wilson(true, true + missed)} | {f1(true, false, missed):.3f} |"
        )
    return lines


def render_page(  # noqa: PLR0917 - a table each
    rows: list[Row], sums: Sums, labelled: Sums, unseen: Sums, made: Generated, rules: list[Measured]
) -> str:
    """docs/method/detectors.md."""
    other = sum(row.kind != row.label_kind for row in rows)
    true, false, _ = labelled["identifier.android_id"]
    right, told = made.grains
    return (
        "\n".join(
            [
                *_HEAD.format(rows=len(rows)).splitlines(),
                *_table(sums),
                "",
                f"Macro-F1: **{macro(sums):.3f}**. Precision for identifiers: **{identifiers(sums)}**.",
                "",
                *_LABELS.format(
                    other=other, without=wilson(true, true + false), all=identifiers(labelled)
                ).splitlines(),
                "",
                *_STRANGERS.format(macro=f"{macro(unseen):.3f}", named=identifiers(unseen)).splitlines(),
                "",
                *_RECORDS.format(
                    requests=made.requests, ordinary=made.ordinary, sorts=made.sorts, seed=SEED
                ).splitlines(),
                "",
                *_table(made.sums),
                "",
                "Found by the way of naming:",
                "",
                *(f"- {name}: {wilson(*made.names[name])}" for name in NAMES),
                "",
                f"An aggregate told from raw events: {wilson(right, told)}.",
                "",
                *_RULES.format(least=LEAST, rules=len(rules), of=len(upward())).splitlines(),
                "",
                *render_rules(rules),
                *_END.splitlines(),
            ]
        )
        + "\n"
    )


def render_rules(measured: Iterable[Measured]) -> list[str]:
    """The table of rules that met enough labelled values."""
    lines = ["| rule | kind | of | right | found | precision |", "|---|---|---|--:|--:|---|"]
    for one in measured:
        share = wilson(one.right, one.found)
        lines.append(f"| {one.rule} | `{one.kind}` | {one.basis} | {one.right:,} | {one.found:,} | {share} |")
    return lines


_HEAD = """\
# Personal data that nobody listed: how well the detectors do

A detector knows a field by its name (`find/rules/fields.toml`, `find/rules/trackers.toml`), a value by
its form and check digit (`forms.toml`), a record by several fields of one object and a list by how many
different values it holds (`records.toml`). What it finds is a *lead*: it names a place to look at and
never convicts. Each finding names its rule and the field that showed it, and gives as its `confidence` how
often such findings were right here. All figures are made by one command, `make score PARTS=detectors`; behind
each share stands its 95 % interval.

## Labelled values of real apps
Measured on the half of the labelled values of tweasel.org's adapters (what apps sent to 43 endpoints of
trackers) that was not learnt from: {rows:,} values, each as a request of its own through the whole core.
The half of a value is the first bit of its SHA-256; a field seen in one half may occur in the other, an
endpoint nobody has described is harder.
"""
_LABELS = """\
One label is read otherwise than it stands: a field that is called `android_id` and holds sixteen hex
digits is an Android ID, also where one adapter calls it "other identifiers" as it calls the others of
that tracker (in both halves; {other} values here). With the label as it stands the precision of
`identifier.android_id` is {without}, that of all identifiers {all}."""
_STRANGERS = """\
Of trackers that nothing was learnt from (the companies are halved, and what one half calls things is
looked for at the other) the macro-F1 is **{macro}**, the precision for identifiers **{named}**: names are
a matter of each tracker, so that a table must be kept.

What has a number for a name (a position in a list, a member of a protocol buffer) or a name of one or two
letters means other things elsewhere: such a row counts for the hosts of its tracker only. Where endpoints of
one company mean different things by a name, it counts for what most of its values there are. Rules are
mended by the errors on the half that is learnt from; what is missed on the other half are for the most part
texts that the tracker's adapter took for records of their own (a model as `{{"13": 3687385302716868600}}`):
they count as missed."""
_RECORDS = """\
## Records and lists
For these no labelled requests of real apps are published. {requests:,} requests are generated
(`tools/labelled_requests.py`, seed {seed}): records of the public interfaces that hold such data, as JSON
or in a form's field, under the names that the interface gives them, as one word, in short, and under one
letter each ("private"), which no table can know; and {ordinary:,} requests of {sorts} sorts that any app
makes, with texts, times, numbers and lists too and nothing personal. Who wrote the rules wrote the
generator, so that these figures say that the rules do what they should, not how often the world follows the
interfaces' names. A record may tell more than its own kind (calls name people): that is neither right nor
wrong here. Recall is over the names that can be known (all but "private").
"""
_RULES = """\
## Rule by rule
A lead of an audit gives as its `confidence` how often its *rule* was right, where the rule found at least
{least} labelled values ({rules} of {of} rules), else how often all rules of its *kind* were (labels as they
stand), and says which of the two. Generated requests speak only for a rule that met no value of a real
app. The values whose label is read otherwise than it stands (above) count neither for nor against a rule: the
rule and that reading both go by the name of the field. The report, `wirewitness show` and the CSV timeline
say the confidence in words; where nothing was measured they say so."""
_END = """
What nobody names and no form shows (a call as `{"a": "0151...", "b": 63}`) is not found without the owner's
own facts: list them, or plant some."""


def main() -> None:
    """Measures, prints what was mistaken, writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    every = read_rows(parser.parse_args().folder)
    rows = [row for row in every if not row.learns]
    sums, wrong, _ = measure(rows, upward())
    labelled, _, of_apps = measure(rows, upward(), as_labelled=True)
    made = measure_generated(SEED, EACH)
    rules = by_rule({rule.name: rule.kind for rule in upward()}, of_apps, made.rules)
    MEASURED.write_text(render([*by_kind(labelled, made.sums), *rules]), encoding="utf-8")
    page = render_page(rows, sums, labelled, strangers(every), made, rules)
    PAGE.write_text(page, encoding="utf-8")
    for what, count in [*wrong.most_common(25), *made.wrong.most_common(40)]:
        print(count, *what)


if __name__ == "__main__":
    main()
