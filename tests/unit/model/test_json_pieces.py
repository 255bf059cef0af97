"""A JSON text in pieces: however it is cut, the same comes out, and what is no JSON is refused."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirewitness.model.json_form import from_json, from_pieces, to_json
from wirewitness.model.json_pieces import Pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def taken(text: str, piece: int) -> dict[str, object]:
    pieces = Pieces(io.StringIO(text).read, piece)
    found = {}
    for name in pieces.members():
        found[name] = list(pieces.items()) if pieces.at_list() else pieces.value()
    return found


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.sampled_from([None, 1]), st.integers(1, 40))
def test_cut_anywhere_it_is_the_same(value, indent, piece) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    assert taken(text, piece) == value
    assert taken(text + " \n", 1) == value


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", "{", '{"a"', '{"a":', '{"a": 1', '{"a": 1,', '{"a": 1,}', '{"a" 1}', '{"a": [1 2]}',
     '{"a": [1,]}', '{"a": [1', "{1: 2}", '{"a": 1} x', '{"a": tru}', '{"a": "'],
)  # fmt: skip
@pytest.mark.parametrize("piece", [1, 1000])
def test_what_is_no_json_object_is_refused(text, piece) -> None:
    with pytest.raises(ValueError, match=r".+"):
        taken(text, piece)


def test_of_a_long_list_only_pieces_are_read_ahead() -> None:
    asked = []

    def read(length: int) -> str:
        asked.append(length)
        return '{"a": [' + "1, " * 100 if len(asked) == 1 else "1, " * 100 if len(asked) < 50 else ""

    pieces = Pieces(read, 300)
    next(pieces.members())
    assert pieces.at_list()
    items = pieces.items()
    for _ in range(50):
        next(items)
    assert len(asked) == 1


@dataclass(frozen=True)
class Leaf:
    name: str
    size: int | None


@dataclass(frozen=True)
class Tree:
    title: str
    leaves: tuple[Leaf, ...]
    pair: tuple[int, int]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"leaves": [{"name": "a", "size": 1}, {"name": 2, "size": None}]},
            "/leaves/1/name has a value of the wrong type",
        ),
        ({"leaves": [{"name": "a"}]}, "/leaves/0/size is missing"),
        ({"leaves": {}}, "/leaves should be a list"),
        ({"pair": [1, 2, 3]}, "/pair should have 2 members"),
        ({"pair": [True, 1]}, "/pair should not be true or false"),
        ({"colour": 1}, "/colour is not known"),
    ],
)
def test_whole_and_in_pieces_the_same_is_read_and_the_same_is_said(change, said) -> None:
    good = Tree("t", (Leaf("a", 1), Leaf("b", None)), (3, 4))
    assert from_pieces(Tree, Pieces(io.StringIO(json.dumps(to_json(good))).read, 3)) == good
    wrong = to_json(good) | change
    for read in (
        lambda: from_json(Tree, wrong),
        lambda: from_pieces(Tree, Pieces(io.StringIO(json.dumps(wrong)).read)),
    ):
        with pytest.raises(ValueError, match=f"^{said}$"):
            read()
