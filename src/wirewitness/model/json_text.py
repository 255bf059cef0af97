r"""JSON as the text that files hold and `--json` prints: indented, and safe to look at.

A captured name may hold what steers a terminal (U+009B begins an escape sequence) or turns a line around.
JSON may spell any character as `\u009b`, so all that cannot be seen as such is spelt so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ue000-\uf8ff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
"""Unicode's control, format, private and line-separating characters, but for what JSON escapes anyway."""

AT_ONCE = 512
"""Items of a long list that stand in memory as text at once."""
_END_OF_LIST = "\n  ]"


def json_text(document: object) -> str:
    r"""The text of plain lists, dicts with text keys, texts and numbers; it ends with a line end.

    >>> json_text({"host": "a\x9b2J"})
    '{\n  "host": "a\\u009b2J"\n}\n'
    """
    try:
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    except TypeError:
        # The name of a file that is not UTF-8 holds lone surrogates, which only escapes can spell.
        return json.dumps(document, indent=2) + "\n"
    return _UNSEEN.sub(_spelt, text)


def json_pieces(document: DataclassInstance, plain: Callable[[object], Any]) -> Iterator[str]:
    """The text of a dataclass in pieces: of a long list `plain` makes a few items at a time."""
    yield from _object(document, plain)
    yield "\n"


def _object(document: DataclassInstance, plain: Callable[[object], Any]) -> Iterator[str]:
    before = "{\n"
    for field in fields(document):
        name, value = field.name.rstrip("_"), getattr(document, field.name)
        yield before
        if is_dataclass(value) and not isinstance(value, type):
            yield f'  "{name}": '
            for piece in _object(value, plain):
                yield piece.replace("\n", "\n  ")
        elif _is_long(value):
            yield from _long_member(name, value, plain)
        else:
            yield _member(name, plain(value))
        before = ",\n"
    yield "\n}"


def _is_long(value: object) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > AT_ONCE


def _long_member(name: str, items: Sequence[object], plain: Callable[[object], Any]) -> Iterator[str]:
    for at in range(0, len(items), AT_ONCE):
        text = _member(name, plain(items[at : at + AT_ONCE]))
        begin = 0 if at == 0 else text.index("[") + 1
        yield (text[begin:] if at == 0 else "," + text[begin:]).removesuffix(_END_OF_LIST)
    yield _END_OF_LIST


def _member(name: str, value: object) -> str:
    return json_text({name: value}).removeprefix("{\n").removesuffix("\n}\n")


def _spelt(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
