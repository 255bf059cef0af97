"""Rows of a page beyond those it holds as HTML: packed, for its script to unfold as they are asked for.

They stand in the page deflated, as JSON in base 85, and their bytes apart: a week's tens of thousands fit
into one file. What does not fit is left out and said, the bytes before the rows.
"""

from __future__ import annotations

import json
import zlib
from base64 import b85encode
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wirewitness.evidence import MOST
from wirewitness.model.exposure import Exposure

if TYPE_CHECKING:
    from wirewitness.report.page.exposure_rows import RowMaker

LENGTHS = (MOST, 96, 64, 48)
"""Bytes of each window that are tried: fewer where there are so many that whole ones do not fit."""
SAMPLE, HOPELESS = 2_000, 1.15
"""Rows of which the size of all is guessed; beyond so many times the room there
is, it is not tried: what many rows have in common comes once, and a sample shows little of that."""
OWN = 64
"""Bytes of each row that the page shows without its script where it has packed ones."""


@dataclass(frozen=True)
class Packed:
    """Rows for the script: `text` is deflated JSON in base 85; `ids` are those in it, `of` all of the table.

    The JSON is `{"places": [...], "rows": N, "columns": {field: column}}`. A column lists N values, or holds
    the different ones and their number by row: `{"of": [...], "at": [...]}`. `places` says which rows of the
    whole table the page shows as HTML, so that the script puts the others between them. `held` are the rows
    of both, in the table's order.
    """

    text: str
    ids: frozenset[str]
    of: int
    held: Sequence[Exposure] = ()


@dataclass(frozen=True)
class PackedBytes:
    """The bytes of the first `Packed.held` for the script: deflated JSON in base 85, or "" for none.

    Its columns are `hex` (a character a byte; where `masked`, U+00FF is a masked one) and `place` (where they
    begin, and where in them that which was found begins and ends). `each` is how many there are at most,
    `without` how many rows have none there though they were kept.
    """

    text: str
    each: int
    without: int


def pack(every: Sequence[Exposure], shown: Iterable[Exposure], maker: RowMaker, most_bytes: int) -> Packed:
    """Those of `every` that are not `shown`, as many as fit into about `most_bytes` of text."""
    there = {id(x) for x in shown}
    places = [number for number, x in enumerate(every) if id(x) in there]
    rest = [x for x in every if id(x) not in there]
    text = ""
    while rest:
        columns = {name: _column([make(x) for x in rest]) for name, make in maker.fields.items()}
        text = _packed({"places": places, "rows": len(rest), "columns": columns})
        if len(text) <= most_bytes:
            break
        rest = rest[: int(len(rest) * 0.95 * most_bytes / len(text))]
    if not rest:
        return Packed("", frozenset(), len(every))
    held = there | {id(x) for x in rest}
    return Packed(text, frozenset(x.id for x in rest), len(every), [x for x in every if id(x) in held])


def pack_bytes(rows: Sequence[Exposure], maker: RowMaker, most_bytes: int) -> PackedBytes:
    """Whole windows, where these do not fit shorter ones, where these do not fit those of the first rows."""
    kept = sum(map(maker.has_bytes, rows))
    if not kept:
        return PackedBytes("", MOST, 0)
    for each in LENGTHS:
        guess = _guess(rows, maker, each)
        if guess <= HOPELESS * most_bytes:
            text = _bytes_text(rows, maker, each)
            if len(text) <= most_bytes:
                return PackedBytes(text, each, 0)
            guess = len(text)
    count, text = len(rows), ""
    while count := int(count * 0.95 * max(0, most_bytes) / guess):
        text = _bytes_text(rows[:count], maker, each)
        if len(text) <= most_bytes:
            break
        guess = len(text)
    else:
        text = ""
    return PackedBytes(text, each, sum(map(maker.has_bytes, rows[count:])))


def _guess(rows: Sequence[Exposure], maker: RowMaker, each: int) -> float:
    """About how long the text of all rows will be."""
    sample = rows[:SAMPLE]
    return len(_bytes_text(sample, maker, each)) * len(rows) / len(sample)


def _bytes_text(rows: Sequence[Exposure], maker: RowMaker, each: int) -> str:
    made = [maker.bytes_of(x, each) for x in rows]
    columns = {"hex": _column([data for data, _ in made]), "place": _column([place for _, place in made])}
    return _packed({"rows": len(rows), "masked": not maker.reveal, "columns": columns})


_PART = 4 << 13
"""Bytes encoded at once, whole words: Python makes an object of each."""
_SAFE = bytes.maketrans(b"&<>", b",.:")
"""HTML means something by these three of the 85."""


def _packed(document: object) -> str:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    packed = zlib.compress(text.encode(), 9)
    parts = (b85encode(packed[at : at + _PART]) for at in range(0, len(packed), _PART))
    return b"".join(parts).translate(_SAFE).decode()


def _column(values: Sequence[Hashable]) -> object:
    different = {value: number for number, value in enumerate(dict.fromkeys(values))}
    if len(different) * 2 > len(values):
        return list(values)
    return {"of": list(different), "at": [different[value] for value in values]}
