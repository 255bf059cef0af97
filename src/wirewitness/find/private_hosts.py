"""Host names that hold a private value (`490154203237518.tracker.example`): shown as `*.tracker.example`.

A name may carry a value as any body does; the finding says so by the fact's id, and no result and no table
prints it.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wirewitness.find.lookups import registrable_domain
from wirewitness.find.needles import SHORT_BYTES, Watch
from wirewitness.find.tables import Tables

# Names in which a fact was found, in whatever encoding.
_TOLD = """
SELECT DISTINCT lower(m.host) FROM message m JOIN hit h ON h.capture = m.capture AND h.flow = m.flow
  AND h.stream = m.stream AND h.number = m.number AND h.from_client = m.from_client
WHERE NOT h.detector AND lower(h.place) IN ('name', 'header:host', 'header::authority') AND m.host <> ''
"""
_COLUMNS = {"flow": ("host", "sni"), "message": ("host",), "name": ("question", "name", "value")}
"""Where a table holds a host's name."""


def hide_private_hosts(tables: Tables, watch: Watch) -> None:
    """Renames such hosts in `phone_flow`, and leaves the scratch table `host_shown` for the others to ask."""
    forms = {
        form.data.lower()
        for form in watch.needles.plain
        if len(form.data) >= SHORT_BYTES and form.data.isascii()
    }
    hosts = tables.rows(
        "SELECT DISTINCT host FROM phone_flow UNION SELECT DISTINCT lower(host) FROM message WHERE up "
        "UNION SELECT DISTINCT lower(sni) FROM flow UNION SELECT DISTINCT lower(question) FROM name"
    )
    told = tables.rows(_TOLD)
    private = sorted({str(host) for (host,) in told} | {n for (h,) in hosts if _holds(n := str(h), forms)})
    tables.fill("host_shown", "host TEXT, shown TEXT", [(name, shown_host(name)) for name in private])
    if private:
        tables.run("UPDATE phone_flow SET host = s.shown FROM host_shown s WHERE phone_flow.host = s.host")


def hide_hosts_in_files(tables: Tables, folder: Path) -> None:
    """Writes the Parquet files that hold such a name anew; ask no table after it. Needs `host_shown`."""
    shown = {str(host): str(name) for host, name in tables.rows("SELECT host, shown FROM host_shown")}
    if shown:
        for table, columns in _COLUMNS.items():
            _rewrite(folder / f"{table}.parquet", columns, shown)


def _rewrite(path: Path, columns: tuple[str, ...], shown: dict[str, str]) -> None:
    """One row group at a time."""
    fresh = path.with_suffix(".fresh")
    with (
        pq.ParquetFile(path) as source,
        pq.ParquetWriter(fresh, source.schema_arrow, compression="zstd") as out,
    ):
        for number in range(source.num_row_groups):
            group = source.read_row_group(number)
            for name in columns:
                at = group.schema.get_field_index(name)
                texts = [shown.get(text.lower(), text) for text in group.column(at).to_pylist()]
                group = group.set_column(
                    at, group.schema.field(at), pa.array(texts, group.schema.field(at).type)
                )
            out.write_table(group)
    fresh.replace(path)


def shown_host(host: str) -> str:
    """The domain of a host that is not to be printed, with a star for the rest."""
    return f"*.{registrable_domain(host)}"


def _holds(host: str, forms: set[bytes]) -> bool:
    """Whether one of the forms is a stretch of the host."""
    data = host.encode()
    if len(data) < SHORT_BYTES:
        return False
    lengths = range(SHORT_BYTES, len(data) + 1)
    return any(data[at : at + length] in forms for length in lengths for at in range(len(data) - length + 1))
