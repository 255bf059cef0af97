"""JSON to and from the frozen dataclasses of this floor, driven by their annotations.

A field `from_` is spelt `from`; an `Instant` is RFC 3339; an enum is its value; tuples are lists. Reading is
strict: a missing, unknown or wrongly typed member is a `ValueError` that names its place
(`/verdicts/3/outcome`). How a class is read and written is worked out once, since a result may hold a
hundred thousand of one.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from wirewitness.model.instant import Instant
from wirewitness.model.json_pieces import Pieces

T = TypeVar("T")
_Reader = Callable[[Any], Any]
_SHARED = 80
"""Texts up to this length are kept once however often they occur: hosts, kinds, hashes of captures."""


def to_json(value: object) -> Any:
    """Plain lists, dicts, strings and numbers of a dataclass; keys stand in the order of the fields."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        names = _names(typing.cast("Hashable", kind))
        return {name: to_json(getattr(value, attribute)) for name, attribute in names.items()}
    return value.text if isinstance(value, Instant) else value.value if isinstance(value, Enum) else value


def from_json(cls: type[T], value: object) -> T:
    """The value of the annotated type that `to_json` gave `value` for."""
    try:
        return typing.cast("T", _reader(typing.cast("Hashable", cls))(value))
    except _Misfit as misfit:
        raise ValueError(str(misfit)) from None


def from_pieces(cls: type[T], text: Pieces) -> T:
    """The same of a text in pieces: of a long list one member at a time stands in memory as JSON."""
    try:
        return cls(**_members(cls, text))
    except _Misfit as misfit:
        raise ValueError(str(misfit)) from None


def _members(cls: type, text: Pieces) -> dict[str, object]:
    hints, names = typing.get_type_hints(cls), _names(cls)
    values: dict[str, object] = {}
    for name in text.members():
        if name not in names:
            raise _Misfit(f"/{name}", " is not known")
        try:
            values[names[name]] = _member(hints[names[name]], text)
        except _Misfit as misfit:
            raise misfit.under(name) from None
    if absent := [name for name, attribute in names.items() if attribute not in values]:
        raise _Misfit(f"/{absent[0]}", " is missing")
    return values


class _Misfit(Exception):  # noqa: N818 - it never leaves this file
    """What does not fit, and where, seen from where it was met."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(place, why)
        self.place, self.why = place, why

    def under(self, name: object) -> _Misfit:
        """Seen from one member further up."""
        return _Misfit(f"/{name}{self.place}", self.why)

    def __str__(self) -> str:
        return f"{self.place or '/'}{self.why}"


@cache
def _names(cls: Hashable) -> dict[str, str]:
    """The attribute of each JSON name."""
    return {f.name.rstrip("_"): f.name for f in fields(typing.cast("type", cls))}


def _member(kind: Any, text: Pieces) -> Any:
    args = get_args(kind)
    if get_origin(kind) is not tuple or args[1:] != (Ellipsis,) or not text.at_list():
        return _reader(kind)(text.value())
    return tuple(_each(_reader(args[0]), text.items()))


def _each(read: _Reader, items: typing.Iterable[object]) -> typing.Iterator[Any]:
    number = 0
    try:
        for number, item in enumerate(items):  # noqa: B007 - the number of the one that does not fit
            yield read(item)
    except _Misfit as misfit:
        raise misfit.under(number) from None


@cache
def _reader(kind: Any) -> _Reader:
    """What reads a JSON value as the annotated type."""
    if is_dataclass(kind):
        return _dataclass_reader(typing.cast("type", kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_reader(kind)
    if kind in _SCALARS:
        return _SCALARS[kind]
    return _GENERIC[get_origin(kind)](get_args(kind))


def _union_reader(options: tuple[Any, ...]) -> _Reader:
    readers = [(_reader(one), get_origin(one) is tuple) for one in options if one is not type(None)]
    optional = len(readers) < len(options)
    alone = readers[0][0]

    def read_alone(value: Any) -> Any:
        return None if value is None else alone(value)

    def read(value: Any) -> Any:
        if value is None and optional:
            return None
        for one, of_list in readers:
            if of_list or not isinstance(value, list):
                try:
                    return one(value)
                except _Misfit:
                    continue
        raise _Misfit("", " has a value of the wrong type")

    return read_alone if optional and len(readers) == 1 else read


def _literal_reader(options: tuple[Any, ...]) -> _Reader:
    def read(value: Any) -> Any:
        for option in options:
            if value == option:
                return option
        raise _Misfit("", f" should be one of {', '.join(map(str, options))}")

    return read


def _enum_reader(kind: type[Enum]) -> _Reader:
    def read(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise _Misfit("", f" should be one of {', '.join(str(one.value) for one in kind)}") from None

    return read


def _tuple_reader(args: tuple[Any, ...]) -> _Reader:
    every = _reader(args[0]) if args[1:] == (Ellipsis,) else None
    each = [] if every else [_reader(one) for one in args]

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise _Misfit("", " should be a list")
        if every:
            return tuple(_each(every, value)) if value else ()
        if len(each) != len(value):
            raise _Misfit("", f" should have {len(each)} members")
        return tuple(one(item) for one, item in zip(each, value, strict=True))

    return read


def _dict_reader(args: tuple[Any, ...]) -> _Reader:
    member = _reader(args[1])

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Misfit("", " should be an object")
        found, name = {}, ""
        try:
            for name, item in value.items():
                found[sys.intern(name)] = member(item)
        except _Misfit as misfit:
            raise misfit.under(name) from None
        return found

    return read


def _dataclass_reader(kind: type) -> _Reader:
    hints, names = typing.get_type_hints(kind), _names(kind)
    # In the order of the fields, which is that of the arguments.
    readers = {name: _reader(hints[attribute]) for name, attribute in names.items()}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Misfit("", " should be an object")
        if value.keys() != readers.keys():
            if unknown := sorted(value.keys() - readers.keys()):
                raise _Misfit(f"/{unknown[0]}", " is not known")
            raise _Misfit(f"/{next(name for name in readers if name not in value)}", " is missing")
        try:
            return kind(*[member(value[name]) for name, member in readers.items()])
        except _Misfit as misfit:
            raise misfit.under(_name_of(misfit, value)) from None

    def _name_of(misfit: _Misfit, value: dict[str, Any]) -> str:
        """Which member does not fit: the first that fails again."""
        for name, member in readers.items():
            try:
                member(value[name])
            except _Misfit:
                return name
        raise misfit

    return read


def _read_text(value: Any) -> Any:
    if type(value) is not str:
        raise _wrong(value)
    return sys.intern(value) if len(value) <= _SHARED else value


def _read_int(value: Any) -> Any:
    if type(value) is not int:
        raise _wrong(value)
    return value


def _read_float(value: Any) -> Any:
    if type(value) is not float and type(value) is not int:
        raise _wrong(value)
    return float(value)


def _read_bool(value: Any) -> Any:
    if type(value) is not bool:
        raise _wrong(value)
    return value


def _read_instant(value: Any) -> Any:
    if type(value) is not str:
        raise _wrong(value)
    try:
        return Instant.parse(value)
    except ValueError as error:
        raise _Misfit("", f": {error}") from None


def _wrong(value: Any) -> _Misfit:
    return _Misfit("", " should not be true or false" if value is True or value is False else _TYPE)


_TYPE = " has a value of the wrong type"
_SCALARS: dict[Any, _Reader] = {
    str: _read_text,
    int: _read_int,
    float: _read_float,
    bool: _read_bool,
    Instant: _read_instant,
}
_GENERIC: dict[Any, Callable[[tuple[Any, ...]], _Reader]] = {
    Union: _union_reader,
    types.UnionType: _union_reader,
    Literal: _literal_reader,
    tuple: _tuple_reader,
    dict: _dict_reader,
}
