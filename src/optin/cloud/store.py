"""What the cloud keeps: the consent log, opaque chunks, and sums of noised answers. SQLite or PostgreSQL.

Every public method is one transaction: it happens as a whole or not at all, also when several processes serve
side by side.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, create_engine, delete, event, func, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import StaticPool

from optin.cloud.log import APPENDING, SqlLog, wait_in_line
from optin.cloud.objects import MemoryObjects, ObjectStore
from optin.cloud.problem import Problem
from optin.cloud.tables import CHUNK, CONSENT, DIAGNOSTIC, METADATA, NONCE, SUM
from optin.cloud.week_sums import (
    WeekSums,
    add_report,
    read_figures,
    read_spent,
    read_sums,
    write_figures,
)
from optin.protocol.catalogue import Catalogue
from optin.protocol.preference import PreferenceReport
from optin.protocol.proof import TOLERANCE
from optin.protocol.signed_record import SignedRecord

IN_MEMORY = "sqlite://"
_ADDING, _BEGINNING, _DRAWING = 9458, 1, 2


@dataclass(frozen=True, slots=True)
class KnownConsent:
    """A record of the log. ``received`` is the cloud's own time; ``withdrawn`` when the owner's end came."""

    record: SignedRecord
    position: int
    received: datetime
    withdrawn: datetime | None


@dataclass(frozen=True, slots=True)
class HeldChunk:
    """A chunk, whole when ``offset`` equals ``size``."""

    vault: str
    name: str
    consent: str
    digest: str
    size: int
    offset: int


class Store:
    """All state of the cloud, behind a database URL and an object store."""

    def __init__(self, url: str = IN_MEMORY, objects: ObjectStore | None = None) -> None:
        """Open, and make the tables where they are missing."""
        self.objects = MemoryObjects() if objects is None else objects
        self._engine = _engine(url)
        with self.transaction() as connection:
            wait_in_line(connection, _BEGINNING)
            METADATA.create_all(connection)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing. A database that is locked, full, damaged or gone is a problem, no change."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise Problem(
                409, "Conflict", "Another request did the same at that moment; ask again."
            ) from error
        except (ProgrammingError, DataError):
            raise  # our own fault, not the database's
        except DBAPIError as error:
            raise _failed(error) from error

    def add_consent(self, record: SignedRecord, now: datetime, seed: bytes) -> dict[str, object]:
        """Log a record; the receipt of it. The same record again changes nothing."""
        with self.transaction() as connection:
            # In line before the first look: two that bring one record at once would both find it missing.
            wait_in_line(connection, APPENDING)
            log = SqlLog(connection)
            return log.receipt(self._add_consent(connection, log, record, now), now, seed)

    @staticmethod
    def _add_consent(connection: Connection, log: SqlLog, record: SignedRecord, now: datetime) -> int:
        known = connection.execute(select(CONSENT).where(CONSENT.c.id == record.consent.id)).first()
        if known is not None and known.body == record.encoded:
            return int(known.position)
        if known is None and not record.withdrawn:
            position = log.append(record.encoded, now)
            row = {"id": record.consent.id, "key": record.key.hex(), "body": record.encoded}
            connection.execute(insert(CONSENT).values(**row, position=position, received=now.timestamp()))
            return position
        if known is None or not record.withdrawn or not _ends(record, known):
            raise Problem(409, "Conflict", "A different record of that id exists.")
        if known.withdrawal is not None:
            return int(known.withdrawal)
        position = log.append(record.encoded, now)
        end = {"withdrawn": now.timestamp(), "withdrawal": position}
        connection.execute(update(CONSENT).where(CONSENT.c.id == known.id).values(**end))
        return position

    def consent(self, identifier: str) -> KnownConsent | None:
        """The record of that id, or None."""
        with self.transaction() as connection:
            row = connection.execute(select(CONSENT).where(CONSENT.c.id == identifier)).first()
        return None if row is None else _known(row)

    def consents(self) -> list[KnownConsent]:
        """Every record, in the order of the log."""
        with self.transaction() as connection:
            return [_known(row) for row in connection.execute(select(CONSENT).order_by(CONSENT.c.position))]

    def read_log(self, question: Callable[[SqlLog], Any]) -> Any:
        """Ask the log something within one transaction."""
        with self.transaction() as connection:
            return question(SqlLog(connection))

    def use_nonce(self, nonce: str, now: datetime) -> None:
        """Remember a nonce; one seen before is a 409. Old ones are forgotten."""
        with self.transaction() as connection:
            _use_nonce(connection, nonce, now)

    def add_preferences(self, report: PreferenceReport, nonce: str, now: datetime) -> None:
        """Add a report to the sums; the report itself is not kept."""
        with self.transaction() as connection:
            _use_nonce(connection, nonce, now)
            wait_in_line(connection, _ADDING)
            add_report(connection, report, now)

    def week_sums(self, week: str) -> WeekSums | None:
        """Sums of a week over all models, with those of pairs of categories."""
        with self.transaction() as connection:
            return read_sums(connection, week)

    def figures(self, week: str | None = None) -> Catalogue | None:
        """The figures drawn for a week, or the newest."""
        with self.transaction() as connection:
            return read_figures(connection, week)

    def figures_spent(self) -> float:
        """Privacy loss of all figures drawn so far."""
        with self.transaction() as connection:
            return read_spent(connection)

    def keep_figures(self, week: str, epsilon: float, drawn: Catalogue) -> Catalogue:
        """Keep a week's figures, unless there are some: then those."""
        with self.transaction() as connection:
            wait_in_line(connection, _DRAWING)
            known = read_figures(connection, week)
            if known is None:
                write_figures(connection, week, epsilon, drawn)
            return known or drawn

    def preference_sums(self, week: str, model: str) -> list[tuple[float, str, int, int]]:
        """Rows of epsilon, metric, reports, ones."""
        with self.transaction() as connection:
            rows = connection.execute(select(SUM).where(SUM.c.week == week, SUM.c.model == model))
            return [(row.epsilon, row.metric, row.reports, row.ones) for row in rows]

    def add_diagnostic(self, body: bytes, consent: str, nonce: str, now: datetime) -> None:
        """Keep a diagnostic report as it came, for support."""
        with self.transaction() as connection:
            _use_nonce(connection, nonce, now)
            connection.execute(insert(DIAGNOSTIC).values(consent=consent, body=body))

    def diagnostics(self) -> list[bytes]:
        """The reports that are kept, oldest first."""
        with self.transaction() as connection:
            rows = connection.execute(select(DIAGNOSTIC.c.body).order_by(DIAGNOSTIC.c.number))
            return [bytes(row.body) for row in rows]

    def chunk(self, vault: str, name: str) -> HeldChunk | None:
        """What is known of a chunk."""
        with self.transaction() as connection:
            found = select(CHUNK).where(CHUNK.c.vault == vault, CHUNK.c.name == name)
            row = connection.execute(found).first()
        return None if row is None else _chunk(row)

    def chunks(self, vault: str) -> list[HeldChunk]:
        """Every chunk of a vault, by name."""
        with self.transaction() as connection:
            found = select(CHUNK).where(CHUNK.c.vault == vault).order_by(CHUNK.c.name)
            return [_chunk(row) for row in connection.execute(found)]

    def begin_chunk(self, chunk: HeldChunk) -> None:
        """Note a chunk that begins to come in."""
        with self.transaction() as connection:
            connection.execute(insert(CHUNK).values(**_row(chunk)))

    def grow_chunk(self, chunk: HeldChunk, data: bytes) -> HeldChunk:
        """Store the next bytes of a chunk. They are on the disk before the offset says so.

        Of two that bring bytes for the same place at once, in whichever process, one is a 409.
        """
        grown = HeldChunk(**{**_row(chunk), "offset": chunk.offset + len(data)})
        with self.transaction() as connection:
            place = select(CHUNK.c.offset).where(*_is(chunk)).with_for_update()
            if connection.execute(place).scalar() != chunk.offset:
                raise Problem(409, "Conflict", "The upload goes on at another offset.")
            self.objects.write(chunk.vault, chunk.name, chunk.offset, data)
            connection.execute(update(CHUNK).where(*_is(chunk)).values(offset=grown.offset))
        return grown

    def drop_chunk(self, chunk: HeldChunk) -> None:
        """Forget a chunk and its bytes."""
        with self.transaction() as connection:
            connection.execute(delete(CHUNK).where(*_is(chunk)))
        self.objects.delete(chunk.vault, chunk.name)

    def erase(self, key: str, consent: str, now: datetime, nonce: str) -> tuple[int, int, int]:
        """Delete all that lies under a vault's key or a consent; how many chunks, bytes, reports."""
        with self.transaction() as connection:
            _use_nonce(connection, nonce, now)
            found = select(CHUNK).where((CHUNK.c.vault == key) | (CHUNK.c.consent == consent))
            chunks = [_chunk(row) for row in connection.execute(found)]
            for chunk in chunks:
                connection.execute(delete(CHUNK).where(*_is(chunk)))
            gone = connection.execute(delete(DIAGNOSTIC).where(DIAGNOSTIC.c.consent == consent)).rowcount
        for chunk in chunks:
            self.objects.delete(chunk.vault, chunk.name)
        return len(chunks), sum(chunk.offset for chunk in chunks), int(gone)

    def counts(self) -> dict[str, int]:
        """Sizes for the metrics endpoint: sums over everybody, nobody's in particular."""
        with self.transaction() as connection:
            bytes_held = connection.execute(select(func.coalesce(func.sum(CHUNK.c.offset), 0))).scalar_one()
            tables = {"consents": CONSENT, "chunks": CHUNK, "diagnostics": DIAGNOSTIC}
            counted = {
                name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                for name, table in tables.items()
            }
        return {**counted, "chunk_bytes": int(bytes_held)}


def _failed(error: DBAPIError) -> Problem:
    if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return Problem(507, "Storage is full", "The database could not grow; try again later.")
    return Problem(503, "Busy", "The database does not answer now; try again later.")


def _engine(url: str) -> Engine:
    try:
        if url == IN_MEMORY:
            engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        else:
            engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except ArgumentError as error:
        raise ValueError(
            "the database is named by a URL, as in postgresql+psycopg://NAME@HOST/DATABASE"
        ) from error
    if url.startswith("sqlite"):

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _: Any) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA busy_timeout=5000")

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            # A lock taken at once, not at the first write: two processes that both read before they write
            # would otherwise refuse each other.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_nonce(connection: Connection, nonce: str, now: datetime) -> None:
    until = (now + 2 * TOLERANCE).timestamp()
    connection.execute(delete(NONCE).where(NONCE.c.until < now.timestamp()))
    try:
        connection.execute(insert(NONCE).values(nonce=nonce, until=until))
    except IntegrityError as error:
        raise Problem(409, "Replayed", "This request was made before.") from error


def _chunk(row: Any) -> HeldChunk:
    return HeldChunk(row.vault, row.name, row.consent, row.digest, row.size, row.offset)


def _known(row: Any) -> KnownConsent:
    withdrawn = None if row.withdrawn is None else datetime.fromtimestamp(row.withdrawn, UTC)
    record = SignedRecord.parse(bytes(row.body))
    return KnownConsent(record, row.position, datetime.fromtimestamp(row.received, UTC), withdrawn)


def _ends(record: SignedRecord, known: Any) -> bool:
    """True when the record is the known one, ended by the same key, and differs in nothing else."""
    given = SignedRecord.parse(bytes(known.body))
    end = record.consent.until
    return record.key == given.key and end is not None and given.consent.revoked(end) == record.consent


def _is(chunk: HeldChunk) -> tuple[Any, Any]:
    return CHUNK.c.vault == chunk.vault, CHUNK.c.name == chunk.name


def _row(chunk: HeldChunk) -> dict[str, Any]:
    return {name: getattr(chunk, name) for name in HeldChunk.__slots__}
