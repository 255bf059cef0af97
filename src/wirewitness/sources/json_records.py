"""Logs of one JSON object a line: each is told, one that is none is skipped with its line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from wirewitness.model.telling import Skipped, Told
from wirewitness.sources.reading import Lines
from wirewitness.sources.values import members


def tell_records(
    path: Path, what: str, tell_record: Callable[[dict[str, Any], int], Iterator[Told]]
) -> Iterator[Told]:
    """Everything in the log; `what` completes the sentence "expected ..."."""
    lines = Lines(path)
    for line, raw in lines:
        if not raw.strip():
            continue
        try:
            yield from tell_record(members(json.loads(raw)), line)
        except (ValueError, RecursionError) as error:
            why = f"expected {what}" if isinstance(error, json.JSONDecodeError) else error
            yield Skipped(line, f"line {line}: {why}")
    if lines.damage:
        yield Skipped(lines.number, lines.damage)
