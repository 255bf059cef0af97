"""Lines of the members of a JSON text, so that a mistake can be shown with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = re.compile(r'"(?:[^"\\\n]|\\.)*"|[\[\]{},:\n]')


@dataclass
class _Open:
    """A list or object that is being walked: its place, and the key or number of the present member."""

    place: str
    listed: bool
    key: str = ""
    number: int = 0


def json_lines(text: str) -> dict[str, int]:
    """The line, from 1, of every member by its place (`/plan/series/0/id`); of a text that is JSON."""
    lines = {"": 1}
    opened: list[_Open] = []
    line, word = 1, ""
    for mark in _MARK.findall(text):
        top = opened[-1] if opened else None
        if mark == "\n":
            line += 1
        elif mark in "[{":
            place = _place(top)
            lines.setdefault(place, line)
            opened.append(_Open(place, mark == "["))
            if mark == "[":
                lines.setdefault(place + "/0", line)
        elif mark in "]}":
            opened.pop()
        elif mark == "," and top is not None:
            top.number += 1
        elif mark == ":" and top is not None:
            top.key = word.replace("~", "~0").replace("/", "~1")
            lines.setdefault(_place(top), line)
        elif mark[0] == '"':
            word = mark[1:-1]
    return lines


def _place(top: _Open | None) -> str:
    if top is None:
        return ""
    return f"{top.place}/{top.number if top.listed else top.key}"


def line_of(lines: dict[str, int], place: str) -> int:
    """The line of a place, or of the nearest thing around it that has one."""
    while place not in lines:
        place = place.rpartition("/")[0]
    return lines[place]
