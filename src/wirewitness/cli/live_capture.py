"""A capture from standard input (`-`): decoded as it comes, and kept beside the case folder.

It lies beside the folder and not in it because it cannot be recorded again: an audit that fails, or is
repeated with `--force`, leaves it alone. Memory stays bounded; each piece is written before the next one is
waited for.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from wirewitness.case_folder import refuse_folder
from wirewitness.case_live import LiveDecoder
from wirewitness.decode import prescan_live
from wirewitness.find.owner_file import read_owner
from wirewitness.judge.case_reader import read_case
from wirewitness.model.decoding import Progress
from wirewitness.model.errors import ArgumentError, InputError

STDIN = Path("-")
NAME = "standard input"
_HEAD = 4
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_QUIET_S, _LAST_S = 1.0, 5.0
"""After Ctrl-C: what still comes is taken until nothing came for so long, and for so long at most."""


def check_before(output: Path, case: Path | None, owner: Path | None, *, force: bool) -> None:
    """Refuses now what an audit would refuse at the end of the night."""
    if sys.stdin.isatty():
        raise ArgumentError(
            "'-' reads a capture from standard input, and that is a terminal; "
            "for example: tcpdump -i wlan0 -s 0 -w - | wirewitness audit - -o DIR"
        )
    refuse_folder(output, force=force)
    given = read_case(case) if case else None
    if owner or (given and given.owner):
        read_owner(owner or given.owner)  # type: ignore[union-attr, arg-type]


def take_live(
    source: BinaryIO, output: Path, progress: Progress, said: Callable[[Path], None], live: LiveDecoder
) -> Path:
    """Keeps what `source` gives until its end or Ctrl-C as a file beside `output`, and gives its path.

    `said` is told the path when recording begins, and `live` decodes what comes. `InputError` at once where
    it is no capture.
    """
    with _until_interrupted() as asked:
        pipe = _Pipe(source.fileno(), asked)
        head = pipe.take(_HEAD)
        while 0 < len(head) < _HEAD and (more := pipe.take(_HEAD - len(head))):
            head += more
        with _new_file(output, ".pcapng" if head == _PCAPNG else ".pcap") as file:
            said(Path(file.name))
            live.begin(Path(file.name))
            held = [head]

            def read(most: int) -> bytes:
                data = held.pop() if held else pipe.take(most)
                file.write(data)
                live.grew(file.tell())
                progress("live", file.tell(), 0)
                return data

            try:
                live.ended(prescan_live(NAME, read))
            except InputError:
                if file.tell() < 1 << 20:  # no capture at all; what was one until now is kept
                    Path(file.name).unlink()
                raise
    return Path(file.name)


class _Pipe:
    """Bytes as they come; none at the end, which the first Ctrl-C brings near and the second brings."""

    def __init__(self, descriptor: int, asked: list[float]) -> None:
        self._descriptor = descriptor
        self._asked = asked

    def take(self, most: int) -> bytes:
        while len(self._asked) < 2:  # a second Ctrl-C waits for nothing
            wait = 0.25
            if self._asked:
                wait = min(_QUIET_S, self._asked[0] + _LAST_S - time.monotonic())
                if wait <= 0:
                    break
            ready, _, _ = select.select([self._descriptor], [], [], wait)
            if ready:
                return os.read(self._descriptor, most)
            if self._asked and wait == _QUIET_S:
                break
        return b""


@contextmanager
def _until_interrupted() -> Iterator[list[float]]:
    """The times of Ctrl-C, which stops recording and nothing else while this holds."""
    asked: list[float] = []

    def note(_signal: int, _frame: FrameType | None) -> None:
        asked.append(time.monotonic())

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _new_file(output: Path, ending: str) -> BinaryIO:
    """A file that did not exist, named after the case folder; a recording is never written over."""
    number = 1
    while True:
        path = output.parent / f"{output.name}{'' if number == 1 else f'-{number}'}{ending}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("xb", buffering=0)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise InputError(path, f"cannot be written: {error.strerror}") from None
