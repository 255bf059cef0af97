"""A text as it stands inside base64, where nothing marks the token's beginning.

The core's unwrap tree takes base64 off where a token stands by itself. Some senders glue a letter or a number
to it, or encode the text in the middle of another; what its own bits make of base64 is then searched for
as it is, at each of the three alignments.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from wirewitness.model.needle import PlainForm

LEAST_CHARACTERS = 12
"""72 bits: no chance hit."""
_FIRST_OWN = (0, 2, 3)
"""Characters at the beginning that hold bits of what stands before."""


def inside_base64(fact: int, text: bytes) -> Iterator[PlainForm]:
    """The forms in both alphabets, without the characters that share bits with the neighbours."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + text)
        own = encoded[_FIRST_OWN[shift] : 8 * (shift + len(text)) // 6]
        if len(own) >= LEAST_CHARACTERS:
            yield PlainForm(fact, own, whole_token=False)
            if b"+" in own or b"/" in own:
                yield PlainForm(fact, own.translate(bytes.maketrans(b"+/", b"-_")), whole_token=False)
