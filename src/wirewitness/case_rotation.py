"""Rotated captures: files that one recorder wrote one after the other are one capture in time order.

Files belong together when their names differ only in digits and endings (`night_00001.pcapng.gz`,
`night_00002.pcapng`; tcpdump's `x.pcap`, `x.pcap1`), when they hold the same link types, come from the same
network and vantage, and each begins within a minute of the end of the one before. A case file says
otherwise with `continues`. Connections go on over the borders, and a packet that stands in two files counts
once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from wirewitness.model.case_file import CaptureFile
from wirewitness.model.decoding import CaptureInfo
from wirewitness.model.errors import InputError
from wirewitness.model.instant import NS
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark

ADJACENT_NS = 60 * NS
_ENDINGS = re.compile(r"(\.(pcapng|pcap|cap|dmp|gz|zst|zstd|xz|lz4))*$")
_DIGITS = re.compile(r"[0-9]+")

Listed = tuple[CaptureInfo, CaptureFile]


def join_rotated(ordered: Sequence[Listed]) -> tuple[list[Listed], list[Remark]]:
    """Captures in time order, those of one recorder joined; and what is to be said of each joining."""
    chains: list[list[Listed]] = []
    for one in ordered:
        chain = _chain_for(one, chains)
        if chain is None:
            chains.append([one])
        else:
            chain.append(one)
    notes = [note for chain in chains if len(chain) > 1 for note in _notes_of(chain)]
    return [_joined(chain) for chain in chains], notes


def _chain_for(one: Listed, chains: Sequence[list[Listed]]) -> list[Listed] | None:
    """The files that this one goes on from: what the case file says, else the latest that fit."""
    info, file = one
    if file.continues is False:
        return None
    possible = [chain for chain in chains if _may_follow(chain[-1], one)]
    if file.continues:
        if not possible:
            raise InputError(file.path, "is said to go on from an earlier capture, and none of them fits")
        named = [chain for chain in possible if skeleton(chain[-1][0].path) == skeleton(info.path)]
        return (named or possible)[-1]
    return next((chain for chain in reversed(possible) if _follows(chain[-1], one)), None)


def _may_follow(before: Listed, after: Listed) -> bool:
    """What must hold also where a case file says that files are one capture."""
    (a, a_file), (b, b_file) = before, after
    return (
        a.source is None
        and b.source is None
        and a.last is not None
        and b.first is not None
        and (a_file.network, a_file.vantage) == (b_file.network, b_file.vantage)
    )


def _follows(before: Listed, after: Listed) -> bool:
    (a, _), (b, _) = before, after
    if a.first is None or a.last is None or b.first is None or b.last is None:
        return False
    near = abs(b.first - a.last) <= ADJACENT_NS and b.last >= a.last
    later = b.first - a.first >= (a.last - a.first) // 2  # what runs beside another file does not follow it
    return near and later and a.links == b.links and skeleton(a.path) == skeleton(b.path)


def skeleton(path: Path) -> str:
    """A file's name without what a recorder changes from file to file.

    >>> skeleton(Path("night_00002_20240501120000.pcapng.gz"))
    'night'
    >>> skeleton(Path("lan.pcap12"))
    'lan'
    """
    bare = _DIGITS.sub("", path.name.lower())
    return _ENDINGS.sub("", bare).rstrip("_-. ")


def _joined(chain: Sequence[Listed]) -> Listed:
    """One capture of several files; its hash is that of the files' hashes, a line each."""
    if len(chain) == 1:
        return chain[0]
    infos = tuple(info for info, _ in chain)
    head, file = chain[0]
    dropped = [info.dropped for info in infos if info.dropped is not None]
    whole = replace(
        head,
        sha256=hashlib.sha256("".join(f"{info.sha256}\n" for info in infos).encode()).hexdigest(),
        packets=sum(info.packets for info in infos),
        bytes=sum(info.bytes for info in infos),
        first=min(info.first for info in infos if info.first is not None),
        last=max(info.last for info in infos if info.last is not None),
        dropped=sum(dropped) if dropped else None,
        secrets=any(info.secrets for info in infos),
        ran=tuple(span for info in infos for span in info.ran),
        filtered=any(info.filtered for info in infos),
        parts=infos,
    )
    keys = next((one.keys for _, one in chain if one.keys is not None), None)
    return whole, replace(file, keys=keys)


def _notes_of(chain: Sequence[Listed]) -> list[Remark]:
    names = [info.path.name for info, _ in chain]
    notes = [Remark.of(Note.CAPTURES_JOINED, count=len(chain), first=names[0], last=names[-1])]
    for (before, _), (after, _) in pairwise(chain):
        if before.last is not None and after.first is not None and after.first - before.last > ADJACENT_NS:
            seconds = (after.first - before.last) // NS
            notes.append(
                Remark.of(
                    Note.CAPTURE_PAUSED, first=before.path.name, last=after.path.name, seconds=int(seconds)
                )
            )
    return notes
