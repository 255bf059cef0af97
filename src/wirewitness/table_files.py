"""The tables of an audited folder as files: rows in, `{flow,message,...}.parquet` out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

GIVE_BACK_BYTES = 4 << 20
"""After so many bytes of rows the heap is trimmed, a few milliseconds; else it keeps 60 MiB of holes."""


class TableFiles:
    """One Parquet file a table; every table is written, also when it stays empty."""

    def __init__(self, tables: Iterable[tuple[Path, str, pa.Schema]]) -> None:
        """Each table with its file and its name."""
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._written = 0
        try:
            for path, name, schema in tables:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._writers[name] = pq.ParquetWriter(path, schema, compression="zstd")
        except BaseException:
            self.close()
            raise

    def write(self, name: str, batch: pa.RecordBatch) -> None:
        """Rows of a table, behind those before; of one that nobody wants, none."""
        writer = self._writers.get(name)
        if writer is not None:
            writer.write_batch(batch)
        self._written += batch.nbytes
        if self._written >= GIVE_BACK_BYTES:
            self._written = 0
            _give_back()

    def close(self) -> None:
        """Close every writer, also after one that fails; raise the first failure."""
        failures: list[OSError] = []
        for writer in self._writers.values():
            try:
                writer.close()
            except OSError as error:
                # Else pyarrow tries again when the writer is collected, and prints a traceback of its own.
                writer.is_open = False
                failures.append(error)
        _give_back()  # the questions to the tables come next and need the room
        if failures:
            raise failures[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _give_back() -> None:
    """Give the system what was freed: rows leave holes in the heap that nothing later fills."""
    pa.default_memory_pool().release_unused()
    pa.system_memory_pool().release_unused()  # on glibc this trims the whole heap, the core's as well
