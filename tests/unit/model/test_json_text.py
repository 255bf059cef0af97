"""JSON says the same as Python's own, always in the same bytes, and no character in it steers a terminal."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from wirewitness.model.json_form import to_json
from wirewitness.model.json_text import AT_ONCE, json_pieces, json_text


@dataclass(frozen=True)
class Inner:
    from_: int
    names: tuple[object, ...]


@dataclass(frozen=True)
class Outer:
    first: object
    inner: Inner
    items: tuple[object, ...]
    last: str = "\n]}"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
def test_it_is_read_back_as_it_was_and_steers_nothing(value) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert text == json_text(value)
    assert text.endswith("\n")
    for char in text:
        assert char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def test_escapes_and_marks_are_spelt_out() -> None:
    text = json_text({"host": "a\x1b[2J\x9b31m\u202eb\x7f\U000e0041", "seen": "é 照片"})
    assert r"a\u001b[2J\u009b31m\u202eb\u007f\udb40\udc41" in text
    assert "é 照片" in text


def test_a_file_name_that_is_no_text_can_be_spelt_and_read_back() -> None:
    assert json.loads(json_text({"path": "x\udcff.pcap"})) == {"path": "x\udcff.pcap"}


@given(
    value=VALUES,
    counts=st.lists(
        st.sampled_from([0, 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE, 2 * AT_ONCE + 1]), min_size=2, max_size=2
    ),
)
def test_pieces_of_a_long_document_are_the_whole_text(value, counts) -> None:
    inner, outer = counts
    document = Outer(value, Inner(1, (Inner(2, ("]",)),) * inner), (value,) * min(outer, AT_ONCE + 1))
    pieces = list(json_pieces(document, to_json))
    assert "".join(pieces) == json_text(to_json(document))
