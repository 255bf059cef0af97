"""The bytes behind findings, derived again from the captures and kept in the case folder.

`evidence/index.json` names, for each chosen finding, its stages and a window of the last one's bytes, which
lies under `evidence/objects/` by its SHA-256. These are the owner's values: the folder is as private as the
capture.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wirewitness.decode import MessageRef, Stage, rederive_each
from wirewitness.model.decoding import Progress
from wirewitness.model.errors import InputError
from wirewitness.model.exposure import Exposure
from wirewitness.model.json_text import json_text
from wirewitness.model.result import Result

INDEX = "evidence/index.json"
OBJECTS = "evidence/objects"
FORMAT = "wirewitness-evidence/1"
MOST = 600
BEFORE, WINDOW = 48, 256
READ_BYTES = 512 << 20
"""Captures are read again for at most so many bytes; what was not derived is left to `show`."""
BATCH, BATCH_BYTES = 128, 12 << 20
"""Findings derived in one reading: their messages stand in memory at once, each perhaps in several stages."""


@dataclass(frozen=True)
class Window:
    """Bytes around a finding: where they begin in the last stage, and the stages as (label, bytes)."""

    begin: int
    data: bytes
    stages: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Origins:
    """Where the files of captures lie, by the capture's SHA-256, and what opens them."""

    captures: Mapping[str, Sequence[Path]]
    keylogs: Sequence[bytes]
    chunk_keys: Mapping[str, bytes]


def keep_evidence(folder: Path, result: Result, origins: Origins, progress: Progress) -> None:
    """Write `evidence/` into a case folder."""
    windows = dict(_derive(result, origins, progress))
    (folder / OBJECTS).mkdir(parents=True, exist_ok=True)
    index = {}
    for name, window in windows.items():
        digest = hashlib.sha256(window.data).hexdigest()
        (folder / OBJECTS / digest).write_bytes(window.data)
        index[name] = {
            "object": digest,
            "begin": window.begin,
            "stages": [{"label": label, "bytes": size} for label, size in window.stages],
        }
    text = json_text({"format": FORMAT, "findings": index})
    (folder / INDEX).write_text(text, "utf-8")


def read_evidence(folder: Path) -> dict[str, Window]:
    """What `keep_evidence` wrote; nothing when the folder has none. A changed object is refused."""
    path = folder / INDEX
    try:
        document = json.loads(path.read_text("utf-8"))
        return {str(name): _read(folder, one) for name, one in document["findings"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(path, f"is not what an audit kept: {error}") from None


def _read(folder: Path, one: Mapping[str, object]) -> Window:
    digest, begin, stages = one["object"], one["begin"], one["stages"]
    if not (
        isinstance(digest, str) and digest.isalnum() and isinstance(begin, int) and isinstance(stages, list)
    ):
        raise ValueError("an entry is malformed")
    data = (folder / OBJECTS / digest).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"{digest} was changed")
    return Window(begin, data, tuple((str(s["label"]), int(s["bytes"])) for s in stages))


def choose(result: Result) -> list[Exposure]:
    """What verdicts rest on, then one of each kind and destination, then the rest, at most `MOST`."""
    cited = {name for verdict in result.verdicts for name in verdict.evidence}
    seen: set[tuple[str, str]] = set()
    ranked: list[tuple[int, int, Exposure]] = []
    for number, one in enumerate((*result.exposures, *result.answers)):
        group = (one.kind, one.destination)
        ranked.append((0 if one.id in cited else 1 if group not in seen else 2, number, one))
        seen.add(group)
    return [one for _, _, one in sorted(ranked, key=lambda item: item[:2])[:MOST]]


def _derive(result: Result, origins: Origins, progress: Progress) -> Iterator[tuple[str, Window]]:
    chosen = choose(result)
    budget = READ_BYTES
    for capture in result.captures:
        paths = origins.captures.get(capture.sha256)
        of_capture = [one for one in chosen if one.capture == capture.sha256]
        if paths is None or capture.kind != "packets":
            continue
        done = 0
        for batch in _batches(of_capture):
            budget -= capture.bytes
            if budget < 0:
                break
            progress("evidence", done, len(of_capture))
            done += len(batch)
            yield from _of_batch(paths, batch, origins)


def _batches(findings: Iterable[Exposure]) -> Iterator[list[Exposure]]:
    """Few enough that their messages, as far as the findings tell of their size, stand in memory at once."""
    batch: list[Exposure] = []
    size = 0
    for one in findings:
        known = max([one.range[1], *(step.end for step in one.steps)])
        if batch and (size + known > BATCH_BYTES or len(batch) >= BATCH):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += known
    if batch:
        yield batch


def _of_batch(
    paths: Sequence[Path], findings: Sequence[Exposure], origins: Origins
) -> Iterator[tuple[str, Window]]:
    references = [
        MessageRef(one.flow, one.stream, one.message, one.from_client, one.where, one.steps)
        for one in findings
    ]
    chunk_keys = origins.chunk_keys.items()
    derived = rederive_each(paths, references, keylogs=origins.keylogs, chunk_keys=chunk_keys)
    for one, stages in zip(findings, derived, strict=True):
        if not isinstance(stages, str):
            yield one.id, _window(one, stages)


def _window(one: Exposure, stages: Sequence[Stage]) -> Window:
    start, end = one.range
    begin = max(0, start - BEFORE) // 16 * 16
    data = stages[-1].data[begin : min(end + BEFORE, begin + WINDOW)]
    return Window(begin, data, tuple((stage.label, len(stage.data)) for stage in stages))
