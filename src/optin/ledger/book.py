"""The book of consent records: records are added and ended, never changed otherwise, never removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from optin.protocol.consent import Consent


class ConsentBook:
    """All consent records ever given, by id. Not persistent: whoever owns it stores :meth:`records`."""

    def __init__(self, records: Iterable[Consent] = ()) -> None:
        """Begin with the records of an earlier run."""
        self._records = {record.id: record for record in records}

    def records(self) -> tuple[Consent, ...]:
        """Every record, live or ended, in the order given."""
        return tuple(self._records.values())

    def get(self, identifier: str) -> Consent | None:
        """The record of that id, or None."""
        return self._records.get(identifier)

    def add(self, record: Consent) -> None:
        """Add a new record.

        An id that is taken by a different record is refused: consent is not rewritten.
        """
        known = self._records.get(record.id)
        if known is not None and known != record:
            raise ValueError(f"the consent record {record.id} exists already and says something else")
        self._records[record.id] = record

    def revoke(self, identifier: str, now: datetime) -> Consent:
        """End a record at ``now``. An unknown id is a KeyError: the caller made it up."""
        ended = self._records[identifier].revoked(now)
        self._records[identifier] = ended
        return ended

    def leave(
        self, identifier: str, host: str, data: tuple[str, ...], now: datetime, conditions: Mapping[str, str]
    ) -> Consent | None:
        """That record, if it lets ``data`` go to ``host`` now; or None.

        Then nothing may leave.
        """
        record = self._records.get(identifier)
        if record is None or not record.live(now, conditions) or not record.covers(host, data):
            return None
        return record
