"""JSON to and from the frozen dataclasses of this floor, driven by their annotations.

A field `from_` is spelt `from`; an `Instant` is RFC 3339; an enum is its value; tuples are lists. Reading is
strict: a missing, unknown or wrongly typed member is a `ValueError` that names its place
(`/verdicts/3/outcome`).
"""

# ruff: noqa: TRY004 - a JSON member of the wrong type is a wrong value, not a wrong argument

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from wirewitness.model.instant import Instant

T = TypeVar("T")


def to_json(value: object) -> Any:
    """Plain lists, dicts, strings and numbers of a dataclass; keys stand in the order of the fields."""
    if isinstance(value, Instant):
        return value.text
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name.rstrip("_"): to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def from_json(cls: type[T], value: object, place: str = "") -> T:
    """The value of the annotated type that `to_json` gave `value` for."""
    return typing.cast("T", _read(cls, value, place))


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _read(kind: Any, value: object, place: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), value, place)
    if origin is Literal:
        if value in get_args(kind):
            return value
        raise ValueError(f"{place or '/'} should be one of {', '.join(get_args(kind))}")
    if origin is tuple:
        return _read_tuple(get_args(kind), value, place)
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{place or '/'} should be an object")
        return {str(k): _read(get_args(kind)[1], v, f"{place}/{k}") for k, v in value.items()}
    if is_dataclass(kind):
        return _read_dataclass(typing.cast("type", kind), value, place)
    return _read_scalar(kind, value, place)


def _read_union(options: tuple[Any, ...], value: object, place: str) -> Any:
    if value is None and type(None) in options:
        return None
    if isinstance(value, list):
        options = tuple(o for o in options if get_origin(o) is tuple)
    for option in options:
        try:
            return _read(option, value, place)
        except ValueError:
            if len(options) <= 2:  # `X | None`: the error of X is the clear one
                raise
    raise ValueError(f"{place or '/'} has a value of the wrong type")


def _read_tuple(args: tuple[Any, ...], value: object, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{place or '/'} should be a list")
    if len(args) == 2 and args[1] is Ellipsis:  # `tuple[X, ...]`
        return tuple(_read(args[0], item, f"{place}/{n}") for n, item in enumerate(value))
    if len(args) != len(value):
        raise ValueError(f"{place or '/'} should have {len(args)} members")
    return tuple(
        _read(arg, item, f"{place}/{n}") for n, (arg, item) in enumerate(zip(args, value, strict=True))
    )


def _read_dataclass(kind: type, value: object, place: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{place or '/'} should be an object")
    hints = _hints(kind)
    names = {f.name.rstrip("_"): f.name for f in fields(kind)}
    if unknown := sorted(set(value) - set(names)):
        raise ValueError(f"{place}/{unknown[0]} is not known")
    if absent := [name for name in names if name not in value]:
        raise ValueError(f"{place}/{absent[0]} is missing")
    return kind(**{attr: _read(hints[attr], value[name], f"{place}/{name}") for name, attr in names.items()})


def _read_scalar(kind: Any, value: object, place: str) -> Any:
    if kind is Instant and isinstance(value, str):
        try:
            return Instant.parse(value)
        except ValueError as error:
            raise ValueError(f"{place or '/'}: {error}") from None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, bool) and kind is not bool:
        raise ValueError(f"{place or '/'} should not be true or false")
    if isinstance(kind, type) and isinstance(value, kind):
        return value
    raise ValueError(f"{place or '/'} has a value of the wrong type")
