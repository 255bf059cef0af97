"""An importer: how a kind of file is known by its content, what it cannot know, and how it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from wirewitness.model.errors import InputError
from wirewitness.model.instant import Instant
from wirewitness.model.telling import Lack, Skipped, SourceInfo, Told, ToldFlow, ToldMessage, ToldName
from wirewitness.sources.conversation import FlowIds
from wirewitness.sources.reading import hash_of


@dataclass(frozen=True)
class Importer:
    """One kind of file. `recognise` sees the first 64 KiB, unpacked; `tell` reads from the beginning.

    `what` completes the sentence "is not ...".
    """

    kind: str
    what: str
    lacks: tuple[Lack, ...]
    recognise: Callable[[bytes], bool] = field(repr=False)
    tell: Callable[[Path, FlowIds], Iterator[Told]] = field(repr=False)


@dataclass(frozen=True)
class FileSource:
    """A file of a known kind; read once for `info`, and again whenever it is told."""

    path: Path
    importer: Importer

    @cached_property
    def sha256(self) -> str:
        """Hash of the file as stored."""
        return hash_of(self.path)

    def tell(self) -> Iterator[Told]:
        """Everything in it."""
        return self.importer.tell(self.path, FlowIds(f"{self.importer.kind}-{self.sha256[:12]}"))

    @cached_property
    def info(self) -> SourceInfo:
        """What the file is; `InputError` when nothing of it can be read."""
        return info_of(self.path, self.importer, self.sha256, self.path.stat().st_size, self.tell())


def info_of(path: Path, importer: Importer, sha256: str, size: int, told: Iterator[Told]) -> SourceInfo:
    """One pass over what a source tells."""
    times: list[int] = []
    clients: Counter[str] = Counter()
    records = 0
    skipped: Skipped | None = None
    for one in told:
        match one:
            case ToldFlow():
                span = [one.first_ns, one.last_ns]
                if one.client:
                    clients[one.client] += 1
            case ToldMessage():
                span = [one.time_ns, one.end_ns]
            case ToldName():
                span = [one.time_ns]
            case Skipped():
                skipped = skipped or one
                continue
            case _:
                continue
        records += 1
        times = [min([*times[:1], *span]), max([*times[1:], *span])]
    if skipped is not None and records == 0:
        raise InputError(path, f"{skipped.expected}; nothing else in it could be read")
    return SourceInfo(
        path=path,
        kind=importer.kind,
        sha256=sha256,
        bytes=size,
        records=records,
        first=Instant(times[0]) if times else None,
        last=Instant(times[1]) if times else None,
        lacks=importer.lacks,
        clients=tuple(sorted(clients.items())),
    )
