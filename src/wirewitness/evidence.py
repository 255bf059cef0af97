"""The bytes behind findings: what the core kept of them while it decoded, in the case folder.

`evidence/windows.parquet` has a row for every exposure and answer: its id, the stages on the way to it, and a
window of the last one's bytes around what was found. These are the owner's values: the folder is as private
as the capture, and no table holds them. Nothing is read again for it, however many findings there are.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from wirewitness.find.tables import Tables
from wirewitness.model.errors import InputError
from wirewitness.model.exposure import Exposure
from wirewitness.model.result import Result

WINDOWS = "evidence/windows.parquet"
FORMAT = "wirewitness-evidence/2"
BEFORE, MOST = 48, 256
"""Bytes before and behind what was found, and in all."""
_SCHEMA = pa.schema(
    [("id", pa.string()), ("begin", pa.uint64()), ("data", pa.string()), ("stages", pa.string())],
    metadata={"wirewitness.evidence": FORMAT},
)
_ROWS = 2048


@dataclass(frozen=True, slots=True)
class Window:
    """Bytes around a finding: where they begin in the last stage, and the stages as (label, bytes).

    `bytes` is 0 for a stage that nobody saw whole. At the border of two pieces of a long body (4 MiB) the
    window may hold fewer bytes than `window_span` says.
    """

    begin: int
    data: bytes
    stages: tuple[tuple[str, int], ...]


def window_span(found: tuple[int, int]) -> tuple[int, int]:
    """Where the window of a finding lies in the bytes of its last stage, if these go on so far."""
    begin = max(0, found[0] - BEFORE) // 16 * 16
    return begin, min(found[1] + BEFORE, begin + MOST)


def keep_evidence(folder: Path, result: Result, tables: Tables, spill: Path) -> None:
    """Write `evidence/` into a case folder, from what the decoder left in `spill` beside the tables."""
    every = (*result.exposures, *result.answers)
    index = {capture.sha256: number for number, capture in enumerate(result.captures)}
    tables.fill(
        "wanted",
        "finding INTEGER, capture UINTEGER, flow TEXT, stream UBIGINT, number UINTEGER, from_client BOOLEAN, "
        "place TEXT, start UBIGINT, stop UBIGINT",
        [
            (n, index[x.capture], x.flow, x.stream, x.message, x.from_client, x.where, *x.range)
            for n, x in enumerate(every)
        ],
    )
    bodies = {
        int(finding or 0): (int(sent or 0), int(decoded or 0))
        for finding, sent, decoded in tables.stream(_BODIES)
    }
    write_evidence(
        folder,
        (
            (
                every[kept.finding].id,
                Window(kept.begin, kept.data, _stages(every[kept.finding], kept, bodies)),
            )
            for kept in _kept(every, tables, folder, spill)
        ),
    )


def write_evidence(folder: Path, windows: Iterable[tuple[str, Window]]) -> None:
    """Write `evidence/` into a case folder: windows by the id of their exposure or answer."""
    path = folder / WINDOWS
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd", write_page_checksum=True) as out:
        rows: list[tuple[str, int, str, str]] = []
        for id_, one in windows:
            rows.append((id_, one.begin, one.data.hex(), orjson.dumps(one.stages).decode()))
            if len(rows) == _ROWS:
                out.write_batch(_batch(rows))
                rows.clear()
        out.write_batch(_batch(rows))


@dataclass(frozen=True)
class _Kept:
    """What the core kept of a finding: its place among all, and the row of windows."""

    finding: int
    begin: int
    data: bytes
    sizes: tuple[int, ...]
    coded: bool


_BODIES = """
SELECT w.finding, m.body_bytes, m.decoded_bytes FROM message m JOIN wanted w
ON m.capture = w.capture AND m.flow = w.flow AND m.stream = w.stream AND m.number = w.number
AND m.from_client = w.from_client WHERE w.place = 'body'
"""


def _kept(every: Sequence[Exposure], tables: Tables, folder: Path, spill: Path) -> Iterator[_Kept]:
    """Each finding with its row of windows, which stands where its own row stands in the table of hits."""
    seen: set[int] = set()
    for table in ("hit", "media"):
        rows = _quoted(folder / f"tables/{table}.parquet")
        windows = _quoted(spill / f"{table}_window.parquet")
        tables.run(
            "CREATE OR REPLACE TABLE wanted_row AS SELECT w.finding, h.steps, h.file_row_number AS row "  # noqa: S608
            f"FROM read_parquet({rows}, file_row_number = true) h JOIN wanted w "
            "ON h.capture = w.capture AND h.flow = w.flow AND h.stream = w.stream AND h.number = w.number "
            "AND h.from_client = w.from_client AND h.place = w.place AND h.start = w.start "
            'AND h."end" = w.stop'
        )
        answer = tables.stream(
            "SELECT r.finding, r.steps, x.begin, lower(hex(x.data)), x.sizes, x.coded FROM "  # noqa: S608
            f"read_parquet({windows}, file_row_number = true) x JOIN wanted_row r ON "
            "r.row = x.file_row_number "
            "ORDER BY r.finding, x.file_row_number"
        )
        for finding, steps, begin, data, sizes, coded in answer:
            number = int(finding or 0)
            if number not in seen and data and _same_steps(str(steps), every[number]):
                seen.add(number)
                made = tuple(int(size) for size in str(sizes).split())
                yield _Kept(number, int(begin or 0), bytes.fromhex(str(data)), made, bool(coded))


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _same_steps(text: str, one: Exposure) -> bool:
    steps = json.loads(text or "[]")
    return [(s["codec"], s["start"], s["end"], s["path"]) for s in steps] == [
        (s.codec, s.start, s.end, s.path) for s in one.steps
    ]


def _stages(one: Exposure, kept: _Kept, bodies: Mapping[int, tuple[int, int]]) -> tuple[tuple[str, int], ...]:
    """The stages as `show` names them; a body's own size is told by its message."""
    first, *made = kept.sizes
    sent, decoded = bodies.get(kept.finding, (0, first))
    labels = [f"{step.codec} {step.path}" if step.path else step.codec for step in one.steps]
    as_sent = (("body as sent", sent),) if kept.coded and sent else ()
    return (*as_sent, (one.where, decoded or first), *zip(labels, made, strict=True))


def _batch(rows: Sequence[tuple[str, int, str, str]]) -> pa.RecordBatch:
    # From buffers: of a list Arrow would ask whether it is one of pandas, and load it (half a second, 60 MB).
    begins = pa.py_buffer(array("Q", (row[1] for row in rows)))
    columns = [
        _texts([row[0] for row in rows]),
        pa.Array.from_buffers(pa.uint64(), len(rows), [None, begins]),
        _texts([row[2] for row in rows]),
        _texts([row[3] for row in rows]),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)


def _texts(texts: Sequence[str]) -> pa.Array:
    encoded = [text.encode() for text in texts]
    ends = array("i", accumulate((len(one) for one in encoded), initial=0))
    return pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    )


def read_evidence(folder: Path) -> Mapping[str, Window]:
    """What `keep_evidence` wrote; nothing when the folder has none. What was changed is refused."""
    path = folder / WINDOWS
    if not path.is_file():
        return {}
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            windows = dict(_read_rows(file))
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, f"is not what an audit kept: {error}") from None
    pa.default_memory_pool().release_unused()  # the page comes next and needs the room
    return windows


def _read_rows(file: pq.ParquetFile) -> Iterator[tuple[str, Window]]:
    if (file.schema_arrow.metadata or {}).get(b"wirewitness.evidence") != FORMAT.encode():
        raise ValueError(f"it is not of format {FORMAT}")
    for batch in file.iter_batches(_ROWS, columns=_SCHEMA.names, use_threads=False):
        columns = (column.to_pylist() for column in batch.columns)
        for id_, begin, data, stages in zip(*columns, strict=True):
            yield str(id_), Window(int(begin), bytes.fromhex(data), _read_stages(stages))


@cache
def _read_stages(text: str) -> tuple[tuple[str, int], ...]:
    return tuple((str(label), int(size)) for label, size in orjson.loads(text))
