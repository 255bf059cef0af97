"""The agent: given the time and the state of the network, which requests may leave now.

In: acts of the owner, objects offered for backup, answers of the cloud. Out: :class:`Upload` values from
:meth:`Agent.due`. It never sends anything itself, and nothing comes out that did not pass
:meth:`Agent._pass`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from optin.agent.chest import Chest
from optin.agent.preferences import compute_report
from optin.agent.switch import BACKUP_OF, TERMS, Switch
from optin.agent.upload import Sent, Upload
from optin.ledger.book import ConsentBook
from optin.protocol.answer import Recommendation, SoftwareUpdate, parse_recommendations
from optin.protocol.chunk import Randomness, seal, split
from optin.protocol.consent import Consent
from optin.protocol.diagnostic import DiagnosticReport
from optin.protocol.exchange import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optin.agent.phone import CloudAddress, Phone
    from optin.agent.storage import Storage

CONSENT_HEADER = "Optin-Consent"
UPDATE_EVERY = timedelta(minutes=30)
"""One check in each such slot of the day, the same for every phone: its time says nothing about it."""
RETRY_AFTER = timedelta(minutes=30)
"""How long the backup rests after a request that failed."""
_JSON = ("Content-Type", "application/json")
_DIAGNOSTICS = "/v1/diagnostics"


class Agent:
    """One phone's agent. Everything is off until :meth:`agree`; after :meth:`remove` nothing ever leaves."""

    def __init__(self, phone: Phone, cloud: CloudAddress, storage: Storage, randomness: Randomness) -> None:
        """Take up where an earlier run on the same storage stopped."""
        self._phone, self._cloud = phone, cloud
        self._chest, self._randomness = Chest(storage), randomness
        self._book = ConsentBook(self._chest.consents())
        self._removed = False
        self._in_flight: set[str] = set()
        self._backup_again: datetime | None = None
        self.update: SoftwareUpdate | None = None
        self.recommendations: tuple[Recommendation, ...] = ()

    # What the owner does.

    def agree(self, switch: Switch, now: datetime) -> Consent:
        """The owner turns a switch on; the consent record of it. A switch that is on stays as it is."""
        standing = self._standing(switch)
        if standing is not None:
            return standing
        terms = TERMS[switch]
        hosts = (self._cloud.api, self._cloud.backup)
        identifier = f"consent-{self._chest.next_number('consent'):03}"
        record = Consent(identifier, terms.data, hosts, terms.purpose, now, None, terms.when)
        self._book.add(record)
        self._chest.keep_consent(record)
        self._chest.keep_switch(switch, record.id)
        return record

    def revoke(self, switch: Switch, now: datetime) -> None:
        """The owner turns a switch off: its consent ends now and what was queued under it is dropped."""
        standing = self._standing(switch)
        if standing is None:
            return
        self._chest.keep_consent(self._book.revoke(standing.id, now))
        self._chest.keep_switch(switch, None)
        for kind, item in self._chest.queued():
            if BACKUP_OF[kind] is switch:
                self._chest.unqueue(kind, item)
        if switch is Switch.DIAGNOSTICS:
            self._chest.keep_report(None)

    def remove(self, now: datetime) -> None:
        """The owner removes the agent: every consent ends, queues are emptied, nothing leaves ever after."""
        for switch in Switch:
            self.revoke(switch, now)
        self._removed = True

    def is_on(self, switch: Switch) -> bool:
        """Whether a switch is on."""
        return self._standing(switch) is not None

    def offer(self, kind: str, item: str, content: bytes) -> bool:
        """Offer an object for backup (kinds of :data:`BACKUP_OF`).

        False, and forgotten, unless its switch is on.
        """
        if not self.is_on(BACKUP_OF[kind]) or self._chest.backed_up(kind, item):
            return False
        self._chest.queue(kind, item, content)
        return True

    def report_diagnostics(self, readings: Mapping[str, int]) -> bool:
        """The owner presses "send report".

        It goes with the next :meth:`due`; False when the switch is off.
        """
        if not self.is_on(Switch.DIAGNOSTICS):
            return False
        report = DiagnosticReport(self._phone.serial, self._phone.model, self._phone.build, readings)
        self._chest.keep_report(report.encode())
        return True

    def ask_updates(self, now: datetime, conditions: Mapping[str, str]) -> Iterator[Upload]:
        """Ask for the newest software and for the catalogue of recommendations.

        Nothing about the owner goes along.
        """
        model = self._phone.model.replace(" ", "-").lower()
        update = Request("GET", self._cloud.api, f"/v1/updates/{model}/{self._phone.build}")
        yield from self._pass(update, Switch.UPDATES, (), now, conditions)
        catalogue = Request("GET", self._cloud.api, f"/v1/recommendations/{model}")
        yield from self._pass(catalogue, Switch.UPDATES, (), now, conditions)

    # What time brings.

    def due(
        self, now: datetime, conditions: Mapping[str, str], minutes: Mapping[str, int] | None = None
    ) -> Iterator[Upload]:
        """Everything that may leave now: consents to register first, then questions, reports, backup.

        ``conditions`` is the state of the phone (``{"network": "wifi", ...}``); ``minutes`` the owner's use
        of apps per category this week, from which the preference report is computed.
        """
        if self._removed or conditions.get("network") in (None, "none"):
            return
        slot = str(int(now.timestamp() // UPDATE_EVERY.total_seconds()))
        if self.is_on(Switch.UPDATES) and self._chest.done_on("updates") != slot:
            self._chest.keep_done_on("updates", slot)
            yield from self.ask_updates(now, conditions)
        if self.is_on(Switch.PREFERENCES):
            yield from self._preferences(now, conditions, minutes or {})
        yield from self._diagnostics(now, conditions)
        yield from self._backup(now, conditions)

    def failed(self, upload: Upload, now: datetime) -> None:
        """The request never reached the cloud: what it carried stays queued and is tried again later."""
        self._in_flight.discard(upload.request.path)
        if upload.item:
            self._in_flight.discard(_flight(upload.data[0], upload.item))
            self._backup_again = now + RETRY_AFTER

    def answered(self, upload: Upload, response: Response, now: datetime) -> None:
        """Take in the cloud's answer. What was not accepted stays queued and is tried again."""
        if not response.accepted:
            self.failed(upload, now)
            return
        if upload.data:
            sent = Sent(
                now,
                upload.request.host,
                upload.request.path,
                upload.data[0],
                len(upload.request.body),
                upload.consent,
                upload.chunks,
            )
            self._chest.keep_sent(sent)
        path = upload.request.path
        self._in_flight.discard(path)
        if upload.item:
            kind = upload.data[0]
            self._in_flight.discard(_flight(kind, upload.item))
            self._chest.unqueue(kind, upload.item)
            self._chest.keep_done(kind, upload.item)
        elif path.startswith("/v1/consents/"):
            self._chest.keep_done_on(_told(upload.request.host, upload.consent), "told")
        elif path == _DIAGNOSTICS:
            self._chest.keep_report(None)
        elif path.startswith("/v1/updates/"):
            self.update = SoftwareUpdate.parse(response.body)
        elif path.startswith("/v1/recommendations/"):
            self.recommendations = parse_recommendations(response.body)

    # What the owner can look at.

    def consents(self) -> tuple[Consent, ...]:
        """Every consent record, live or ended."""
        return self._book.records()

    @property
    def chest(self) -> Chest:
        """The agent's memory, for export and erasure."""
        return self._chest

    def _standing(self, switch: Switch) -> Consent | None:
        identifier = self._chest.switched(switch)
        return None if identifier is None else self._book.get(identifier)

    def _preferences(
        self, now: datetime, conditions: Mapping[str, str], minutes: Mapping[str, int]
    ) -> Iterator[Upload]:
        day = now.date().isoformat()
        if self._chest.done_on("preferences") == day:
            return
        report = compute_report(minutes, self._phone.model, now, self._randomness)
        request = Request("POST", self._cloud.api, "/v1/preferences", (_JSON,), report.encode())
        for upload in self._pass(request, Switch.PREFERENCES, ("preference",), now, conditions):
            if upload.data:
                # A report that is lost on the way is not drawn again: each drawing costs privacy.
                self._chest.keep_done_on("preferences", day)
            yield upload

    def _diagnostics(self, now: datetime, conditions: Mapping[str, str]) -> Iterator[Upload]:
        report = self._chest.report()
        if report is None or _DIAGNOSTICS in self._in_flight:
            return
        headers = (_JSON, ("Content-Encoding", "gzip"))
        request = Request("POST", self._cloud.api, _DIAGNOSTICS, headers, report)
        data = TERMS[Switch.DIAGNOSTICS].data
        for upload in self._pass(request, Switch.DIAGNOSTICS, data, now, conditions):
            self._in_flight.add(upload.request.path)
            yield upload

    def _backup(self, now: datetime, conditions: Mapping[str, str]) -> Iterator[Upload]:
        if self._backup_again is not None and now < self._backup_again:
            return
        for kind, item in self._chest.queued():
            switch = BACKUP_OF[kind]
            data = TERMS[switch].data
            leave = self._book.leave("backup", self._cloud.backup, data, now, conditions)
            if leave is None or not self.is_on(switch) or _flight(kind, item) in self._in_flight:
                continue
            if not self._is_told(self._cloud.backup, leave):
                yield from self._tell(self._cloud.backup, leave)
                continue
            self._in_flight.add(_flight(kind, item))
            pieces = split(self._chest.content(kind, item))
            for number, piece in enumerate(pieces):
                chunk = seal(piece, self._randomness)
                # The key is kept before the chunk leaves: a chunk that nobody can open is a loss.
                self._chest.keep_chunk(chunk, kind, leave.id, item)
                last = number == len(pieces) - 1
                body = (("Content-Type", "application/octet-stream"),)
                request = Request("PUT", self._cloud.backup, f"/v1/chunks/{chunk.name}", body, chunk.sealed)
                yield from self._pass(
                    request,
                    switch,
                    data,
                    now,
                    conditions,
                    chunks=(chunk.name,),
                    item=item if last else "",
                )

    def _pass(
        self,
        request: Request,
        switch: Switch,
        data: tuple[str, ...],
        now: datetime,
        conditions: Mapping[str, str],
        *,
        chunks: tuple[str, ...] = (),
        item: str = "",
    ) -> Iterator[Upload]:
        """The one way out: a request passes only under a live consent that names its data and its host."""
        if self._removed or not self.is_on(switch):
            return
        purpose = TERMS[switch].purpose
        leave = self._book.leave(purpose, request.host, data, now, conditions)
        if leave is None:
            return
        if data and not self._is_told(request.host, leave):
            # The cloud must know the record before it sees the data; the data goes with the next round.
            yield from self._tell(request.host, leave)
            return
        headers = (*request.headers, (CONSENT_HEADER, leave.id)) if data else request.headers
        marked = Request(request.method, request.host, request.path, headers, request.body)
        yield Upload(marked, purpose, data, leave.id, chunks, item)

    def _is_told(self, host: str, record: Consent) -> bool:
        return self._chest.done_on(_told(host, record.id)) != ""

    def _tell(self, host: str, record: Consent) -> Iterator[Upload]:
        """Register a record with the cloud, once."""
        path = f"/v1/consents/{record.id}"
        if path not in self._in_flight:
            self._in_flight.add(path)
            yield Upload(Request("PUT", host, path, (_JSON,), record.encode()), record.purpose, (), record.id)


def _told(host: str, record: str) -> str:
    return f"told/{host}/{record}"


def _flight(kind: str, item: str) -> str:
    return f"{kind}/{item}"
