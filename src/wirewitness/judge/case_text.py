"""A commented case file as text, from a few answers and the library of claims (`data/claims.toml`)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from wirewitness.model.errors import ArgumentError


@dataclass(frozen=True)
class Answers:
    """What somebody says of a new case. `hosts` are the recipient's; `captures`: (path, key log or "")."""

    title: str = ""
    vendor: str = ""
    model: str = ""
    build: str = ""
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    captures: tuple[tuple[str, str], ...] = ()
    claims: tuple[str, ...] = ()
    taken_by: str = ""
    taken_where: str = ""


@cache
def claim_library() -> dict[str, dict[str, Any]]:
    """The claims of the library by id; each with the reason why it is there."""
    text = files("wirewitness").joinpath("data/claims.toml").read_text("utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["claim"]
    return {row["id"]: row for row in rows}


def case_text(answers: Answers) -> str:
    """The file; what was not answered stands in it as a comment to be filled in."""
    library = claim_library()
    if unknown := [name for name in answers.claims if name not in library]:
        raise ArgumentError(f"there is no claim '{unknown[0]}' in the library; it has {', '.join(library)}")
    blocks = [
        _head(answers),
        _custody(answers),
        _device(answers),
        STATES,
        *(_capture(path, keys) for path, keys in answers.captures or (("", ""),)),
        CONSENT,
        *(_control(kind, answers) for kind in _planted(answers, library)),
        *(_claim(library[name], answers) for name in answers.claims),
    ]
    return "\n\n".join(blocks) + "\n"


def _head(answers: Answers) -> str:
    return "\n".join(
        [
            "# A case for wirewitness. Each line is explained in docs/reference/case-file.md.",
            "# `wirewitness check` says what is missing; `wirewitness audit --case` judges it.",
            'format = "wirewitness-case/1"',
            f"title = {_value(answers.title or f'{answers.vendor} {answers.model}'.strip())}",
            "# the owner's private values to look for",
            'owner = "owner.toml"',
            "# what was done when; `wirewitness mark backup=on` appends to it",
            'events = "events.csv"',
            '# trials = "trials/trials.json"',
        ]
    )


def _custody(answers: Answers) -> str:
    lines = [
        "# who takes the captures in, and where; `wirewitness audit --by --where` says it otherwise",
        "[custody]",
    ]
    for key, value, example in (
        ("by", answers.taken_by, "A. Tester"),
        ("where", answers.taken_where, "Test lab, room 4"),
    ):
        lines.append(f"{key} = {_value(value)}" if value else f"# {key} = {_value(example)}")
    return "\n".join(lines)


def _device(answers: Answers) -> str:
    rows = [("vendor", answers.vendor), ("model", answers.model), ("build", answers.build)]
    lines = ["[device]", *(f"{key} = {_value(value)}" for key, value in rows)]
    if answers.addresses:
        lines.append(f"addresses = {_value(answers.addresses)}")
    else:
        lines.append('# the phone\'s address in the captures\n# addresses = ["192.168.1.23"]')
    domains = tuple(dict.fromkeys(host.removeprefix("*.") for host in answers.hosts))
    return "\n".join([*lines, "# the vendor's own domains", f"vendor_domains = {_value(domains)}"])


def _capture(path: str, keys: str) -> str:
    if not path:
        return '# [[capture]]\n# path = "capture.pcapng"\n# keys = "sslkeys.log"\n# network = "wifi"'
    lines = ["[[capture]]", f"path = {_value(path)}"]
    lines.append(f"keys = {_value(keys)}" if keys else '# keys = "sslkeys.log"')
    return "\n".join([*lines, '# network = "wifi"'])


STATES = """\
# What holds from the beginning, until an event changes it. Leave out what you do not know.
[states]
# network = "wifi"
# backup = "off"
# software = "present\""""

CONSENT = """\
# What the owner agreed to; an exposure that no record covers is called uncovered.
# [[consent]]
# id = "consent-1"
# data = ["photo"]
# hosts = ["*.vendor.example"]
# purpose = "backup"
# from = "2014-07-20T08:00:00Z\""""


def _planted(answers: Answers, library: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The kinds that controls are needed for, once each."""
    kinds = [kind for name in answers.claims for kind in library[name].get("data", ())]
    return list(dict.fromkeys(kinds))


def _control(kind: str, answers: Answers) -> str:
    """A planted upload; it passes only when the tester makes it."""
    return "\n".join(
        [
            "# Plant one and send it to these hosts on purpose: without it silence means nothing.",
            "[[control]]",
            f'id = "K-{kind}"',
            f"data = {_value((kind,))}",
            f"hosts = {_value(answers.hosts)}",
            '# from = "2014-07-20T08:00:00Z"',
            '# until = "2014-07-20T20:00:00Z"',
        ]
    )


def _claim(row: Mapping[str, Any], answers: Answers) -> str:
    lines = [f"# {row['reason']}", "[[claim]]", f"id = {_value(row['id'])}"]
    lines += [f"{key} = {_value(row[key])}" for key in ("polarity", "about", "data", "match") if key in row]
    if row["about"] != "state":
        lines.append(f"hosts = {_value(answers.hosts)}")
    lines += [
        f"{key} = {_value(row[key])}"
        for key in ("countries", "when", "consent", "rhythm", "state")
        if key in row
    ]
    if kinds := row.get("data"):
        lines.append(f"controls = {_value([f'K-{kind}' for kind in kinds])}")
    lines += ['# from = "2014-07-21T00:00:00Z"', '# until = "2014-07-25T00:00:00Z"']
    lines += [f"{key} = {_value(row[key])}" for key in ("source", "quote", "date", "text") if key in row]
    return "\n".join(lines)


def _value(value: object) -> str:
    """A TOML value; a JSON string without DEL is a TOML basic string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return str(value)
