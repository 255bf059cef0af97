r"""Makes captured text safe to look at: characters that steer a terminal or reorder a line become visible.

A host name or header is chosen by whoever sent it. Control characters could drive the reader's terminal and
bidirectional marks could make `evil.example` read as something else, so both are written out as `\u{1b}`.
"""

from __future__ import annotations

import unicodedata

# Cc control, Cf format (bidirectional marks, zero width), Cs lone surrogates, Co private, Cn unassigned,
# Zl and Zp line breaks that only some programs honour.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""Return `text` with every character that cannot be seen as such written `\u{hex}`.

    >>> visible("a\x1b[2Jb")
    'a\\u{1b}[2Jb'
    """
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    return f"\\u{{{ord(char):x}}}" if unicodedata.category(char) in _UNSEEN else char
