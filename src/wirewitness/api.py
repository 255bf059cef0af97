"""In Python: `import wirewitness as ww`. An audited case with its findings as dataclasses and its tables.

>>> case = ww.audit("x.pcapng", keys="keys.log", owner="owner.toml")
>>> [e.destination for e in case.exposures]
['api.vendor.example']
>>> case.tables["flow"].arrow().num_rows
1
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from wirewitness.case import audit as audit_case
from wirewitness.case import no_progress
from wirewitness.decode import MessageRef, Stage, rederive
from wirewitness.judge.audit_export import AuditExport, read_audit_export
from wirewitness.kept_inputs import find_capture, read_kept
from wirewitness.model.custody import Custody
from wirewitness.model.decoding import TABLES, Progress
from wirewitness.model.errors import ArgumentError
from wirewitness.model.exposure import Exposure
from wirewitness.model.result import Result, Verdict
from wirewitness.report.language import Language
from wirewitness.report.rendering import read_result, render_report
from wirewitness.report.texts import Texts
from wirewitness.report.visible import visible
from wirewitness.report.words import claim_text, device_name, recorded_days

if TYPE_CHECKING:
    import duckdb

Place: TypeAlias = str | Path


@dataclass(frozen=True)
class Table:
    """One table of a case; docs/reference/tables.md lists its columns."""

    name: str
    path: Path

    def arrow(self) -> pa.Table:
        """The whole as an Arrow table."""
        return pq.read_table(self.path)

    def pandas(self) -> Any:
        """The whole as a pandas DataFrame; pandas must be installed."""
        return self.arrow().to_pandas()

    def polars(self) -> Any:
        """The whole as a polars DataFrame; polars must be installed."""
        import polars as pl  # noqa: PLC0415 - an optional part

        return pl.from_arrow(self.arrow())

    def relation(self, db: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
        """A DuckDB relation that reads the file as it is asked; nothing is loaded before."""
        import duckdb  # noqa: PLC0415 - asked late, as the others

        return (db or duckdb.connect()).read_parquet(str(self.path))


@dataclass(frozen=True, eq=False)
class Case:
    """An audited case: its folder and its result."""

    folder: Path
    result: Result

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each claim of the case file."""
        return self.result.verdicts

    @property
    def exposures(self) -> tuple[Exposure, ...]:
        """What left the phone."""
        return self.result.exposures

    @property
    def tables(self) -> Mapping[str, Table]:
        """The tables by name: flow, message, hit, media, name, anomaly."""
        return {name: Table(name, self.folder / "tables" / f"{name}.parquet") for name in TABLES}

    def sql(self, question: str, parameters: Sequence[object] = ()) -> pa.Table:
        """Ask DuckDB over the tables by their names.

        >>> case.sql("SELECT host, count(*) AS flows FROM flow GROUP BY host").to_pylist()
        [{'host': 'api.vendor.example', 'flows': 1}]
        """
        import duckdb  # noqa: PLC0415 - asked late, as the others

        with duckdb.connect() as db:
            for table in self.tables.values():
                table.relation(db).create_view(table.name)
            return db.sql(question, params=list(parameters)).to_arrow_table()

    def show(self, exposure: str) -> list[Stage]:
        """Derive an exposure (by its id or the beginning of it) again from the capture, stage by stage."""
        fitting = [x for x in (*self.result.exposures, *self.result.answers) if x.id.startswith(exposure)]
        if len(fitting) != 1:
            raise ArgumentError(f"exposure '{exposure}': {len(fitting)} begin so")
        found = fitting[0]
        kept = read_kept(self.folder)
        capture = next(one for one in self.result.captures if one.sha256 == found.capture)
        export = read_audit_export(kept.audit_export) if kept.audit_export else AuditExport()
        return rederive(
            find_capture(capture, (), self.folder),
            MessageRef(found.flow, found.stream, found.message, found.from_client, found.where, found.steps),
            keylogs=[*(path.read_bytes() for path in kept.keys), export.keylog],
            chunk_keys=export.chunk_keys.items(),
        )

    def report(self, language: str = "en", *, reveal: bool = False) -> Path:
        """Write report.html into the folder; private values stay masked unless `reveal`."""
        return render_report(self.folder, Language(language), reveal=reveal)

    def __repr__(self) -> str:
        held = f"{len(self.exposures)} exposures, {len(self.verdicts)} verdicts"
        return f"<Case {visible(self.result.title) or self.folder.name!r}: {held}>"

    def _repr_html_(self) -> str:
        """For notebooks: device, dates, verdicts, and what was not read."""
        return "".join(_html(self.result, Texts(Language.EN)))


def audit(
    *captures: Place,
    keys: Place | Sequence[Place] | None = None,
    owner: Place | None = None,
    case: Place | None = None,
    phone: Sequence[str] = (),
    output: Place | None = None,
    custody: Custody | None = None,
    force: bool = False,
    progress: Progress = no_progress,
) -> Case:
    """Audit captures, or those that a case file names, into the folder `output`.

    Without `output` the folder is a temporary one that lives as long as the case that is returned.
    `custody` (who took the captures in, where and when) is kept with their hashes. Raises `InputError` and
    `ArgumentError` with one sentence each.
    """
    given = [keys] if isinstance(keys, (str, Path)) else list(keys or ())
    temporary = None if output is not None else Path(tempfile.mkdtemp(prefix="wirewitness-"))
    folder = Path(output) if output is not None else Path(tempfile.gettempdir())
    folder = temporary / "case" if temporary else folder
    try:
        result = audit_case(
            [Path(path) for path in captures],
            folder,
            keys=[Path(path) for path in given],
            owner=Path(owner) if owner is not None else None,
            case=Path(case) if case is not None else None,
            phone=phone,
            custody=custody,
            force=force,
            progress=progress,
        )
    except BaseException:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    found = Case(folder, result)
    if temporary:
        weakref.finalize(found, shutil.rmtree, temporary, ignore_errors=True)
    return found


def open_case(folder: Place) -> Case:
    """The case in a folder that was audited before."""
    return Case(Path(folder), read_result(Path(folder)))


def _html(result: Result, texts: Texts) -> Iterator[str]:
    def safe(text: str) -> str:
        return escape(visible(text))

    coverage = result.coverage
    yield f"<p><b>{safe(device_name(result, texts))}</b> · {safe(recorded_days(result, texts))}</p>"
    if result.verdicts:
        yield "<table><thead><tr><th></th><th>Statement</th><th>Verdict</th></tr></thead><tbody>"
        for verdict in result.verdicts:
            word = texts(f"outcome.{verdict.outcome.value}.word")
            cells = (verdict.claim, claim_text(verdict, texts), word)
            yield "<tr>" + "".join(f"<td>{safe(cell)}</td>" for cell in cells) + "</tr>"
        yield "</tbody></table>"
    readable = texts.figures.percent(coverage.readable_up_bytes, coverage.up_bytes)
    unread = texts("cli.unread", readable=readable, total=texts.figures.size(coverage.up_bytes))
    yield f"<p>{len(result.exposures)} exposures. {safe(unread)}</p>"
