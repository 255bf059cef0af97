r"""JSON as the text that files hold and `--json` prints: indented, and safe to look at.

A captured name may hold what steers a terminal (U+009B begins an escape sequence) or turns a line around.
JSON may spell any character as `\u009b`, so all that cannot be seen as such is spelt so.
"""

from __future__ import annotations

import json
import re

import orjson

_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ue000-\uf8ff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
"""Unicode's control, format, private and line-separating characters, but for what JSON escapes anyway."""


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


def _spelt(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
