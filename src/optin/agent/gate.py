"""The gate: the one way out of the agent.

A request passes only under a live consent for its data and its host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optin.agent.switch import TERMS, Switch
from optin.agent.upload import Upload
from optin.ledger.book import ConsentBook
from optin.protocol.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from optin.agent.chest import Chest
    from optin.protocol.consent import Consent

CONSENT_HEADER = "Optin-Consent"
_JSON = ("Content-Type", "application/json")
_REMOVED = "removed"


class Gate:
    """Consents given and taken back, and what may leave under them. Survives a restart on the same chest."""

    def __init__(self, chest: Chest) -> None:
        self._chest = chest
        self._book = ConsentBook(chest.consents())
        self._telling: set[str] = set()

    def records(self) -> tuple[Consent, ...]:
        """Every consent record, live or ended."""
        return self._book.records()

    def standing(self, switch: Switch) -> Consent | None:
        """The record that a switch stands on, or None when it is off."""
        identifier = self._chest.switched(switch)
        return None if identifier is None else self._book.get(identifier)

    def open(self, switch: Switch, record: Consent) -> None:
        """A switch goes on, under a new record."""
        self._book.add(record)
        self._chest.keep_consent(record)
        self._chest.keep_switch(switch, record.id)

    def close(self, switch: Switch, now: datetime) -> bool:
        """A switch goes off: its record ends now. False when it was off."""
        standing = self.standing(switch)
        if standing is None:
            return False
        self._chest.keep_consent(self._book.revoke(standing.id, now))
        self._chest.keep_switch(switch, None)
        return True

    def wall_up(self) -> None:
        """Close for good: the agent was removed."""
        self._chest.keep_done_on(_REMOVED, "yes")

    @property
    def walled(self) -> bool:
        """True after :meth:`wall_up`, also after a restart."""
        return self._chest.done_on(_REMOVED) != ""

    def ready(
        self, switch: Switch, host: str, now: datetime, conditions: Mapping[str, str]
    ) -> Iterator[Upload | Consent]:
        """The live record under which a switch's data may go to ``host``; or what must be sent before.

        Yields nothing when it may not. The cloud must know a record before it sees data under it, so the
        first time what comes out is the record's registration, and the data goes with a later round.
        """
        terms = TERMS[switch]
        if self.walled or self.standing(switch) is None:
            return
        record = self._book.leave(terms.purpose, host, terms.data, now, conditions)
        if record is None:
            return
        if not terms.data or self._chest.done_on(_told(host, record.id)):
            yield record
        elif _told(host, record.id) not in self._telling:
            self._telling.add(_told(host, record.id))
            request = Request("PUT", host, f"/v1/consents/{record.id}", (_JSON,), record.encode())
            yield Upload(request, terms.purpose, (), record.id)

    def answered(self, upload: Upload, *, accepted: bool) -> None:
        """What became of a registration; of other uploads the gate keeps no account."""
        mark = _told(upload.request.host, upload.consent)
        if not upload.data and mark in self._telling:
            self._telling.discard(mark)
            if accepted:
                self._chest.keep_done_on(mark, "told")


def mark_request(request: Request, record: Consent, switch: Switch) -> Upload:
    """The request as an upload under that record, which its header names when it carries data."""
    terms = TERMS[switch]
    headers = (*request.headers, (CONSENT_HEADER, record.id)) if terms.data else request.headers
    marked = Request(request.method, request.host, request.path, headers, request.body)
    return Upload(marked, terms.purpose, terms.data, record.id)


def _told(host: str, record: str) -> str:
    return f"told/{host}/{record}"
