"""The gate: the one way out of the agent.

A request passes only under a live consent for its data and its host. What passes is signed with the key of
that consent, which the cloud asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from optin.agent.chest import Chest
from optin.agent.own_log import OwnLog
from optin.agent.phone import CloudAddress
from optin.agent.switch import BACKUP_OF, TERMS, Switch
from optin.agent.upload import Upload
from optin.agent.vault import Vault
from optin.ledger.book import ConsentBook
from optin.ledger.merkle import hash_leaf
from optin.protocol.canonical import render_bytes
from optin.protocol.chunk import Randomness
from optin.protocol.consent import Consent
from optin.protocol.exchange import Request, Response
from optin.protocol.moment import parse_moment, render_moment
from optin.protocol.preference import name_week
from optin.protocol.proof import CONSENT_HEADER, KEY_HEADER, prove, use_of_key
from optin.protocol.signed_record import SignedRecord
from optin.protocol.tree_head import check_receipt

RENEWED_AFTER = timedelta(hours=20)
"""The cloud refuses a record that comes a day late; one that had to wait that long is made out anew."""
LEASE = timedelta(days=1)
_JSON = ("Content-Type", "application/json")
_REMOVED, _ENDING = "removed", "ending"
_CHARGING = "only charging"


class Gate:
    """Consents given and taken back, and what may leave under them. Survives a restart on the same chest."""

    def __init__(self, chest: Chest, vault: Vault, cloud: CloudAddress, randomness: Randomness) -> None:
        self._chest, self._vault, self._cloud, self._randomness = chest, vault, cloud, randomness
        self.log = OwnLog(chest)
        self._telling: set[str] = set()
        self._version = -1
        self.refresh()
        self._finish_ending()

    def refresh(self) -> None:
        """Take in what another process on the same storage did."""
        version = self._chest.consents_version
        if version != self._version:
            self._book, self._version = ConsentBook(self._chest.consents()), version

    def records(self) -> tuple[Consent, ...]:
        """Every consent record, live or ended."""
        self.refresh()
        return self._book.records()

    def standing(self, switch: Switch) -> Consent | None:
        """The record that a switch stands on, or None when it is off."""
        identifier = self._chest.switched(switch)
        if identifier is None:
            return None
        self.refresh()
        return self._book.get(identifier)

    def open(self, switch: Switch, now: datetime) -> Consent:
        """A switch goes on, under a new record; one that is on stays as it is."""
        standing = self.standing(switch)
        if standing is not None:
            return standing
        record = self._draw(switch, now, None)
        self._chest.keep_switch(switch, record.id)
        return record

    def close(self, switch: Switch, now: datetime) -> bool:
        """A switch goes off: its record ends now, with all that hang on it. False when it was off."""
        standing = self.standing(switch)
        if standing is None:
            return False
        self._chest.keep_switch(switch, None)
        lease = self._chest.done_on(_lease(switch))
        for identifier in {standing.id, lease} - {""}:
            self._end(identifier, now)
        self._chest.keep_done_on(_lease(switch), "")
        return True

    @property
    def only_charging(self) -> bool:
        """Whether the owner chose that backups wait for the charger."""
        return self._chest.done_on(_CHARGING) != ""

    def choose_charging(self, *, only: bool, now: datetime) -> None:
        """Backups wait for the charger from now on, or no longer; each that is on stands on a new record."""
        if only is self.only_charging:
            return
        self._chest.keep_done_on(_CHARGING, "only" if only else "")
        for switch in dict.fromkeys(BACKUP_OF.values()):
            if self.close(switch, now):
                self.open(switch, now)

    def wall_up(self) -> None:
        """Close for good: the agent was removed."""
        self._chest.keep_done_on(_REMOVED, "yes")

    @property
    def walled(self) -> bool:
        """True after :meth:`wall_up`, also after a restart."""
        return self._chest.done_on(_REMOVED) != ""

    def holds(self, upload: Upload, now: datetime, conditions: Mapping[str, str]) -> bool:
        """Whether an upload that passed may go on: asked again while its bytes are under way."""
        if self.walled:
            return False
        if not upload.consent:
            return True
        self.refresh()
        record = self._book.get(upload.consent)
        return record is not None and record.live(now, conditions)

    def ready(
        self, switch: Switch, host: str, now: datetime, conditions: Mapping[str, str]
    ) -> Iterator[Upload | Consent]:
        """The live record under which a switch's data may go to ``host``; or what must be sent before.

        Yields nothing when it may not. The cloud must know a record before it sees data under it, so the
        first time what comes out is the record's registration, and the data goes with a later round.
        """
        terms, standing = TERMS[switch], self.standing(switch)
        if self.walled or standing is None:
            return
        if standing.start > now and self._chest.receipt(standing.id) is None:
            standing = self._anew(switch, standing, now)  # given while the clock went ahead
        if self._book.leave(standing.id, host, terms.data, now, conditions) is None:
            return
        record = self._working(switch, standing, now)
        if not terms.data or self._chest.done_on(_told(host, record.id)):
            yield record
        elif _told(host, record.id) not in self._telling:
            self._telling.add(_told(host, record.id))
            encoded = SignedRecord.make(record, self.seed_of(record)).encoded
            request = Request("PUT", host, f"/v1/consents/{record.id}", (_JSON,), encoded)
            yield Upload(request, terms.purpose, (), record.id)

    def is_before_consent(self, now: datetime) -> bool:
        """Whether a switch stands on a record that begins later: the clock was set back since."""
        found = (self.standing(switch) for switch in Switch)
        return any(record is not None and record.start > now for record in found)

    def mark(
        self, request: Request, record: Consent, switch: Switch, now: datetime, *, digest: str = ""
    ) -> Upload:
        """The request as an upload under that record, named and proven when it carries data."""
        terms = TERMS[switch]
        if terms.data:
            named = replace(request, headers=(*request.headers, (CONSENT_HEADER, record.id)))
            request = prove(named, record.id, self.seed_of(record), now, self._randomness(16), digest=digest)
        return Upload(request, terms.purpose, terms.data, record.id)

    def act(self, request: Request, now: datetime) -> Request | None:
        """An act of the owner upon the vault (restore, prune, delete), proven; None after removal."""
        if self.walled:
            return None
        named = replace(request, headers=(*request.headers, (KEY_HEADER, render_bytes(self._vault.key))))
        return prove(named, use_of_key(self._vault.key), self._vault.seed, now, self._randomness(16))

    def ask_log(self, request: Request, now: datetime) -> Request | None:
        """The owner's question about the cloud's log; None with everything off, and after removal.

        It carries nothing of the owner and no proof, but with everything off not even that leaves.
        """
        self.refresh()
        live = any(record.live(now, record.when) for record in self._book.records())
        return request if live and not self.walled else None

    def act_on(self, request: Request, record: Consent, now: datetime) -> Request | None:
        """An act of the owner upon what lies under one record, live or ended; None after removal."""
        if self.walled:
            return None
        named = replace(request, headers=(*request.headers, (CONSENT_HEADER, record.id)))
        return prove(named, record.id, self.seed_of(record), now, self._randomness(16))

    def answered(self, upload: Upload, response: Response | None) -> bool:
        """What became of a request; a registration counts once the cloud proved to have logged it."""
        mark = _told(upload.request.host, upload.consent)
        accepted = response is not None and response.accepted
        if upload.data or mark not in self._telling:
            return accepted
        self._telling.discard(mark)
        if response is None or not accepted:
            return False
        try:
            document = response.json()
            check_receipt(document, hash_leaf(upload.request.body), self._cloud.log_key)
        except ValueError:
            return False
        self._chest.keep_receipt(upload.consent, response.body)
        self._chest.keep_done_on(mark, "told")
        return True

    def seed_of(self, record: Consent) -> bytes:
        """The seed that a record is signed with."""
        return self._vault.seed if record.purpose == "backup" else self._chest.consent_seed(record.id)

    def _working(self, switch: Switch, standing: Consent, now: datetime) -> Consent:
        """The record that goes along: the standing one, or for preferences one drawn for this week alone.

        Reports under one record could be joined over the weeks; each week's own record has its own key.
        """
        if switch is not Switch.PREFERENCES:
            return self._renewed(switch, standing, now)
        lease = self._book.get(self._chest.done_on(_lease(switch)))
        if lease is None or not lease.live(now, lease.when) or name_week(lease.start) != name_week(now):
            lease = self._draw(switch, now, now + LEASE)
            self._chest.keep_done_on(_lease(switch), lease.id)
        return lease

    def _renewed(self, switch: Switch, standing: Consent, now: datetime) -> Consent:
        if now - standing.start < RENEWED_AFTER or not standing.data or self._chest.receipt(standing.id):
            return standing
        return self._anew(switch, standing, now)

    def _anew(self, switch: Switch, standing: Consent, now: datetime) -> Consent:
        """The same agreement under a record of now."""
        self._end(standing.id, now)
        record = self._draw(switch, now, None)
        self._chest.keep_switch(switch, record.id)
        return record

    def _end(self, identifier: str, now: datetime) -> None:
        """A record ends: at once, and then in the log."""
        self._chest.keep_done_on(_ENDING, f"{identifier} {render_moment(now)}")
        self._chest.keep_consent(self._book.revoke(identifier, now))
        self._finish_ending()

    def _finish_ending(self) -> None:
        """Log the end that was begun, also when the agent died in the middle of it."""
        identifier, _, moment = self._chest.done_on(_ENDING).partition(" ")
        ended = self._book.get(identifier)
        # One that had ended before, by its own term, says so itself.
        if ended is not None and ended.until == parse_moment(moment):
            entry = SignedRecord.make(ended, self.seed_of(ended), withdrawn=True).encoded
            if self.log.last() != entry:
                self.log.append(entry)
        if identifier:
            self._chest.keep_done_on(_ENDING, "")

    def _draw(self, switch: Switch, now: datetime, until: datetime | None) -> Consent:
        terms, hosts = TERMS[switch], tuple(dict.fromkeys((self._cloud.api, self._cloud.backup)))
        when = dict(terms.when)
        if terms.purpose == "backup" and self.only_charging:
            when["charging"] = "on"
        record = Consent(
            f"consent-{self._randomness(16).hex()}", terms.data, hosts, terms.purpose, now, until, when
        )
        if terms.purpose != "backup":
            self._chest.keep_consent_seed(record.id, self._randomness(32))
        # In the log before it counts: there is no record that the owner's log does not know.
        self.log.append(SignedRecord.make(record, self.seed_of(record)).encoded)
        self._book.add(record)
        self._chest.keep_consent(record)
        self._version = self._chest.consents_version
        return record


def _told(host: str, record: str) -> str:
    return f"told/{host}/{record}"


def _lease(switch: Switch) -> str:
    return f"lease/{switch}"
