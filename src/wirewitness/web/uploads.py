"""Files from the browser: streamed to disk, bounded, under names of ours that lead out of no folder."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

from wirewitness.model.errors import ArgumentError

ROLES = ("capture", "keys", "owner", "case", "events", "file")
_FIXED = {"owner": "owner.toml", "case": "case.toml", "events": "events.csv"}
_ODD = re.compile(r"[^\w.\-]+")
MOST_FILES = 5000


def place_for(folder: Path, role: str, name: str) -> Path:
    """Where an uploaded file goes; a name may bring one folder with it (`photos/a.jpg`), never more."""
    if role not in ROLES:
        raise ArgumentError(f"a file is one of {', '.join(ROLES)}")
    parts = [_ODD.sub("_", part).lstrip(".") for part in name.replace("\\", "/").split("/")]
    parts = [part[-120:] for part in parts if part][-2:]
    if role in _FIXED:
        return folder / _FIXED[role]
    if not parts:
        raise ArgumentError("the file has no name")
    if role == "file":
        return folder.joinpath(*parts)
    return folder / role / parts[-1]


async def receive(stream: AsyncIterator[bytes], place: Path, room: int) -> int:
    """Write a stream to disk, whole or not at all; `ArgumentError` when it is longer than `room` bytes."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.part")
    size = 0
    try:
        with part.open("wb") as file:
            async for chunk in stream:
                size += len(chunk)
                if size > room:
                    raise ArgumentError(
                        f"the files are larger than the bound ({room} bytes left); raise --max-upload"
                    )
                file.write(chunk)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    return size
