"""The three kinds of error. A person sees one sentence of each, never a traceback."""

from __future__ import annotations

from pathlib import Path


class WitnessError(Exception):
    """What the command line catches: its text is one sentence for a person."""


class InputError(WitnessError):
    """An input that cannot be read: which file, where in it, why, and what would mend it.

    `line` counts from 1 and is None where the place is not known; `offset` is a byte offset for binary files.
    """

    def __init__(
        self, path: Path | str, text: str, *, line: int | None = None, offset: int | None = None
    ) -> None:
        self.path = Path(path)
        self.line = line
        self.offset = offset
        self.reason = text
        where = str(path)
        if line is not None:
            where += f", line {line}"
        if offset is not None:
            where += f", byte {offset}"
        super().__init__(f"{where}: {text}")


class ArgumentError(WitnessError):
    """A wrong argument; its text says what would be right."""


class Bug(WitnessError):  # noqa: N818 - the house calls it by what it is
    """Our own fault: a promise between two of our modules was broken."""
