"""The tables of an audited folder as files: rows in, `{flow,message,...}.parquet` out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq


class TableFiles:
    """One Parquet file a table; every table is written, also when it stays empty."""

    def __init__(self, tables: Iterable[tuple[Path, str, pa.Schema]]) -> None:
        """Each table with its file and its name."""
        self._writers: dict[str, pq.ParquetWriter] = {}
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
        if failures:
            raise failures[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
