"""A TOML text whose tables remember their lines, so that a mistake can be shown with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wirewitness.model.errors import InputError

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?")
_KEY = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_-]+))\s*[.=]")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")


@dataclass(frozen=True)
class TomlTable:
    """One table with its place in the file. `read` methods of the owners of a format take what they need."""

    path: Path
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    line: int
    named: list[Path] = field(default_factory=list, compare=False)

    def error(self, text: str, key: str | None = None) -> InputError:
        """An `InputError` at this table, or at one of its keys."""
        return InputError(self.path, text, line=self.lines.get(key, self.line) if key else self.line)

    def only(self, *known: str) -> None:
        """Refuses keys that are not known, with the list of those that are."""
        for key in self.values:
            if key not in known:
                raise self.error(f"'{key}' is not known here; known are {', '.join(known)}", key)

    def text(self, key: str, *, default: str | None = None) -> str:
        """A non-empty text; `default` when absent (None: it must be there)."""
        if key not in self.values:
            if default is None:
                raise self.error(f"'{key}' is missing")
            return default
        value = self.values[key]
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.error(f"'{key}' should be a text that is not empty", key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of non-empty texts, () when absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.error(f"'{key}' should be a list of texts", key)
        return tuple(value)

    def choice(self, key: str, choices: tuple[str, ...], *, default: str | None = None) -> str:
        """One of a few texts."""
        value = self.text(key, default=default)
        if value not in choices:
            raise self.error(f"'{key}' should be one of {', '.join(choices)}, not '{value}'", key)
        return value

    def file(self, key: str) -> Path | None:
        """A path relative to the file, that must exist; None when absent."""
        if key not in self.values:
            return None
        path = self.path.parent / self.text(key)
        if not path.exists():
            raise self.error(f"'{key}' names {path}, which does not exist", key)
        self.named.append(path)
        return path

    def files(self, key: str) -> tuple[Path, ...]:
        """Paths relative to the file, each of which must exist; () when absent."""
        paths = tuple(self.path.parent / name for name in self.texts(key))
        for path in paths:
            if not path.is_file():
                raise self.error(f"'{key}' names {path}, which is no file", key)
        self.named.extend(paths)
        return paths


@dataclass(frozen=True)
class TomlText:
    """A parsed TOML file: `table()` is its root, `tables("claim")` the `[[claim]]` ones.

    `named` gathers every file that its tables were asked for, so that a bundle can take them along.
    """

    path: Path
    values: Mapping[str, Any]
    _places: Mapping[tuple[str, int], tuple[int, Mapping[str, int]]]
    named: list[Path] = field(default_factory=list, compare=False)

    @classmethod
    def parse(cls, path: Path, data: bytes) -> TomlText:
        """Reads the text; `InputError` with the line where it is not TOML."""
        try:
            text = data.decode("utf-8-sig")
            values = tomllib.loads(text)
        except UnicodeDecodeError as error:
            raise InputError(path, "is not UTF-8 text", offset=error.start) from None
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = _AT_LINE.search(str(error))
            line = int(found[1]) if found and found[1] else data.count(b"\n") + 1
            raise InputError(path, f"is not TOML: {_AT_LINE.sub('', str(error))}", line=line) from None
        return cls(path, values, _places(text))

    def table(self, name: str = "") -> TomlTable:
        """The root, or a table such as `[device]` (empty when absent)."""
        values = self.values if not name else self.values.get(name, {})
        root_line = self._places.get(("", 0), (1, {}))[1].get(name, 1)
        if not isinstance(values, Mapping):
            raise InputError(self.path, f"'{name}' should be a table: [{name}]", line=root_line)
        line, lines = self._places.get((name, 0), (root_line, {}))
        return TomlTable(self.path, values, lines, line, self.named)

    def tables(self, name: str) -> tuple[TomlTable, ...]:
        """The array of tables `[[name]]`, in file order."""
        values = self.values.get(name, [])
        if not isinstance(values, list) or not all(isinstance(v, Mapping) for v in values):
            line = self._places.get((name, 0), (1, {}))[0]
            raise InputError(self.path, f"'{name}' should be tables, each headed [[{name}]]", line=line)
        places = (self._places.get((name, n), (1, {})) for n in range(len(values)))
        return tuple(
            TomlTable(self.path, v, lines, line, self.named)
            for v, (line, lines) in zip(values, places, strict=True)
        )


def _places(text: str) -> dict[tuple[str, int], tuple[int, dict[str, int]]]:
    """For each table (name, ordinal): its line and its keys' lines. Multi-line strings are stepped over."""
    places: dict[tuple[str, int], tuple[int, dict[str, int]]] = {("", 0): (1, {})}
    counts: dict[str, int] = {}
    current = places["", 0][1]
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not inside:
            if header := _HEADER.fullmatch(line):
                name = header[2]
                ordinal = counts.get(name, 0) if header[1] == "[[" else 0
                counts[name] = ordinal + 1
                current = places.setdefault((name, ordinal), (number, {}))[1]
            elif key := _KEY.match(line):
                current.setdefault(key[1] or key[2] or key[3], number)
        for quotes in ('"""', "'''"):
            if inside in ("", quotes) and line.count(quotes) % 2:
                inside = "" if inside else quotes
    return places
