"""optin's agent on the simulated phone.

The laboratory hands it time, network and randomness, and sends for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optin.agent.agent import Agent
from optin.agent.audit_export import render_audit_export
from optin.agent.phone import CloudAddress, Phone
from optin.agent.storage import MemoryStorage
from optin.agent.switch import TERMS, Switch
from optin.agent.upload import Upload
from optin.protocol.exchange import Response as Answer
from wirelab.datum import SEALED, Datum
from wirelab.lab import App, Exchange, Failure, Request
from wirelab.owner.contacts import Contact, render_contact
from wirelab.owner.messages import Message, render_messages
from wirelab.owner.photos import Photo
from wirelab.vendor.cloud import API, BACKUP, CATALOGUE_KEY, LOG_KEY

if TYPE_CHECKING:
    from wirelab.stage import Stage

APP = App("com.vendor.cloudservice", 10057, "CloudService/5.0 (VN-2014; KTU84P)")
MODEL, BUILD = "VN-2014", "KTU84P"
_UPDATE_ANSWERS = {"/v1/updates/": ("software_update",), "/v1/recommendations/": ("recommendation",)}
BACKUP_SWITCHES = (Switch.BACKUP_PHOTOS, Switch.BACKUP_MESSAGES, Switch.BACKUP_CONTACTS)


class PhoneAgent:
    """The agent with its beats. Every five minutes it is asked what is due."""

    def __init__(self, stage: Stage, tick_s: float = 300.0) -> None:
        self._stage = stage
        stage.agent = self
        self._facts: dict[tuple[str, str], tuple[Datum, ...]] = {}
        phone = Phone(MODEL, BUILD, stage.owner.identifiers.serial)
        self.agent = Agent(
            phone,
            CloudAddress(API, BACKUP, LOG_KEY, CATALOGUE_KEY),
            MemoryStorage(),
            stage.rng("optin").randbytes,
        )
        stage.on_new.append(self.offer)
        stage.every(tick_s, self.tick, start=stage.day(0, "00:02"), jitter_s=4, name="optin")

    # What the owner does.

    def agree(self, *switches: Switch) -> None:
        """The owner turns switches on."""
        for switch in switches:
            self.agent.agree(switch, self._stage.now())

    def note_consent(self, switch: Switch) -> None:
        """The owner turns a switch on, in a world where another component sends in the agent's place.

        The consent is the owner's; the agent itself is told nothing, so that it sends nothing.
        """
        terms, hosts = TERMS[switch], (API, BACKUP)
        self._stage.consent(
            f"owner-{switch}", terms.data, hosts, purpose=terms.purpose, start=self._stage.now()
        )

    def revoke(self, *switches: Switch) -> None:
        """The owner turns switches off."""
        for switch in switches:
            self.agent.revoke(switch, self._stage.now())

    def remove(self) -> None:
        """The owner removes the software."""
        self.agent.remove(self._stage.now())

    def offer(self, item: Photo | Message | Contact) -> None:
        """Something new on the phone that a backup would take, if it is on."""
        if isinstance(item, Photo):
            kind, content = "photo", item.data
            data: tuple[Datum, ...] = (Datum("photo", item.fact, (SEALED,)),)
        elif isinstance(item, Message):
            kind, content = "sms.body", render_messages((item,)).encode()
            chain = (SEALED, "xml")
            data = (
                Datum("sms.body", item.fact, chain),
                Datum("contact", item.contact.fact, chain),
                Datum("sms.metadata", None, chain),
            )
        else:
            kind, content = "contact", render_contact(item).encode()
            data = (Datum("contact", item.fact, (SEALED,)),)
        self._facts[kind, item.fact] = data
        self.agent.offer(kind, item.fact, content)

    def report_diagnostics(self) -> None:
        """The owner presses "send report"."""
        readings = {"battery_cycles": 112, "free_storage_mb": 5120, "uptime_h": 71}
        self.agent.report_diagnostics(readings)

    def ask_updates(self) -> None:
        """The owner opens "check for updates" and the page of recommendations."""
        for upload in self.agent.ask_updates(self._stage.now(), self._conditions()):
            self._send(upload)

    # What time brings.

    def tick(self) -> None:
        """Send what is due."""
        minutes = {"news": 95, "music": 240, "games": 15, "photography": 130}
        for upload in list(self.agent.due(self._stage.now(), self._conditions(), minutes)):
            self._send(upload)

    def audit_export(self) -> bytes:
        """What the owner can hand to an auditor."""
        return render_audit_export(self.agent, self._stage.now())

    def _conditions(self) -> dict[str, str]:
        return dict(self._stage.diary.at(self._stage.lab.clock.now))

    def _send(self, upload: Upload) -> None:
        sent = upload.request
        request = Request(sent.method, sent.host, sent.path, sent.headers, sent.body)
        answers = next((kinds for path, kinds in _UPDATE_ANSWERS.items() if sent.path.startswith(path)), ())

        def then(exchange: Exchange) -> None:
            answer = Answer(exchange.response.status, exchange.response.headers, exchange.response.body)
            self.agent.answered(upload, answer, self._stage.now())

        def failed(_: Failure) -> None:
            self.agent.failed(upload, self._stage.now())

        self._stage.send(
            APP,
            request,
            self._data(upload),
            answers=answers,
            consent=upload.consent,
            then=then,
            failed=failed,
        )

    def _data(self, upload: Upload) -> tuple[Datum, ...]:
        if upload.item:
            # The backup's own manifest names items and keys, none of the owner's facts.
            return self._facts.get((upload.data[0], upload.item), ()) if upload.data else ()
        if "identifier.serial" in upload.data:
            chain = ("gzip", "json")
            return (Datum("identifier.serial", "serial", chain), Datum("device_profile", None, chain))
        if "preference" in upload.data:
            return (Datum("preference", None, ("json",)),)
        return ()
