"""The agent: given the time and the state of the network, which requests may leave now.

In: acts of the owner, objects offered for backup, answers of the cloud. Out: :class:`Upload` values from
:meth:`Agent.due` and :meth:`Agent.ask_updates`. It sends nothing itself, and nothing comes out that did not
pass the :class:`Gate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from optin.agent.backup import Backup
from optin.agent.chest import Chest
from optin.agent.gate import Gate
from optin.agent.own_log import OwnLog
from optin.agent.phone import CloudAddress, Phone
from optin.agent.preferences import EPSILON, TOTAL, Noise, compute_report, noise_from
from optin.agent.schedule import Schedule
from optin.agent.storage import Storage
from optin.agent.switch import Switch
from optin.agent.upload import Sent, Upload
from optin.agent.use_counter import sum_counts
from optin.agent.vault import Vault
from optin.protocol.answer import SoftwareUpdate
from optin.protocol.catalogue import Catalogue, Ranked, rank
from optin.protocol.chunk import Randomness
from optin.protocol.consent import Consent
from optin.protocol.diagnostic import DiagnosticReport
from optin.protocol.exchange import Request, Response
from optin.protocol.preference import name_week

_JSON = ("Content-Type", "application/json")
_DIAGNOSTICS = "/v1/diagnostics"


class Agent:
    """One phone's agent. Everything is off until :meth:`agree`; after :meth:`remove` nothing ever leaves."""

    def __init__(
        self,
        phone: Phone,
        cloud: CloudAddress,
        storage: Storage,
        randomness: Randomness,
        *,
        noise: Noise | None = None,
        read_file: Callable[[str], bytes] | None = None,
    ) -> None:
        """Take up where an earlier run on the same storage stopped.

        ``noise``: how a preference bit is told; drawn from ``randomness`` where none is given. ``read_file``:
        reads what was offered by its path.
        """
        self.phone, self.cloud = phone, cloud
        self._randomness = randomness
        self._noise = noise or noise_from(randomness)
        self._chest = Chest(storage) if read_file is None else Chest(storage, read_file)
        self.vault = Vault(self._chest, randomness)
        self.gate = Gate(self._chest, self.vault, cloud, randomness)
        self.backup = Backup(self._chest, self.gate, self.vault, cloud.backup, randomness)
        self._reporting = self._asked_by_hand = False
        self.update: SoftwareUpdate | None = None

    # What the owner does.

    def agree(self, switch: Switch, now: datetime) -> Consent:
        """The owner turns a switch on; the consent record of it. A switch that is on stays as it is."""
        return self.gate.open(switch, now)

    def revoke(self, switch: Switch, now: datetime) -> None:
        """The owner turns a switch off: its consent ends now and what was queued under it is dropped."""
        if self.gate.close(switch, now):
            self.backup.drop(switch)
            if switch is Switch.DIAGNOSTICS:
                self._chest.keep_report(None)
        if switch is Switch.PREFERENCES:
            self._chest.keep_use(None)

    def remove(self, now: datetime) -> None:
        """The owner removes the agent: every consent ends, queues are emptied, nothing leaves ever after."""
        for switch in Switch:
            self.revoke(switch, now)
        self.gate.wall_up()

    def own_draw(self) -> bytes:
        """A number drawn once on this phone, which decides its turn in staged roll-outs and never leaves."""
        draw = self._chest.secret("draw")
        if draw is None:
            draw = self._randomness(16)
            self._chest.keep_secret("draw", draw)
        return draw

    def is_on(self, switch: Switch) -> bool:
        """Whether a switch is on."""
        return self.gate.standing(switch) is not None

    def offer(self, kind: str, item: str, content: bytes) -> bool:
        """Offer an object for backup (kinds of :data:`BACKUP_OF`).

        False, and forgotten, unless its switch is on.
        """
        return self.backup.offer(kind, item, content)

    def report_diagnostics(self, readings: Mapping[str, int]) -> bool:
        """The owner presses "send report".

        It goes with the next :meth:`due`; False when the switch is off.
        """
        if not self.is_on(Switch.DIAGNOSTICS):
            return False
        report = DiagnosticReport(self.phone.serial, self.phone.model, self.phone.build, readings)
        self._chest.keep_report(report.encode())
        return True

    def ask_updates(self, now: datetime, conditions: Mapping[str, str]) -> Iterator[Upload]:
        """Ask for the newest software and for the catalogue of recommendations.

        Nothing about the owner goes along.
        """
        model = self.phone.model.replace(" ", "-").lower()
        for path in (f"/v1/updates/{model}/{self.phone.build}", f"/v1/recommendations/{model}"):
            yield from self._pass(Request("GET", self.cloud.api, path), Switch.UPDATES, now, conditions)

    # What time brings.

    def due(
        self,
        now: datetime,
        conditions: Mapping[str, str],
        minutes: Mapping[str, int] | None = None,
        *,
        at_once: bool = False,
    ) -> Iterator[Upload]:
        """Everything that may leave now: questions, reports, backup, and consents to register before them.

        ``conditions`` is the state of the phone (``{"network": "wifi", ...}``); ``minutes`` the counts of
        the registry of the last seven days, from which the preference report is computed; None where nothing
        is counted: then there is no report, for one of zeros would be untrue.
        ``at_once``: the owner's act, by which questions and reports do not wait for their :class:`Schedule`.
        """
        if self.gate.walled or conditions.get("network") in (None, "none"):
            return
        if self.is_on(Switch.UPDATES) or self.is_on(Switch.PREFERENCES):
            schedule = Schedule(self.own_draw())
            slot = schedule.slot(now)
            if self.is_on(Switch.UPDATES) and self._asks_now(slot, at_once=at_once):
                yield from self.ask_updates(now, conditions)
            if minutes is not None and (at_once or (slot is not None and schedule.is_week_open(now))):
                yield from self._preferences(now, conditions, minutes)
        yield from self._diagnostics(now, conditions)
        yield from self.backup.due(now, conditions)

    def failed(self, upload: Upload, now: datetime) -> None:
        """The request never reached the cloud: what it carried stays queued and is tried again later."""
        self._settle(upload, None, now)

    def answered(self, upload: Upload, response: Response, now: datetime) -> None:
        """Take in the cloud's answer. What was not accepted stays queued and is tried again."""
        if not self._settle(upload, response, now):
            return
        if upload.data:
            self._chest.keep_sent(Sent.of(upload, now))
        path = upload.request.path
        if path.startswith("/v1/updates/"):
            self.update = SoftwareUpdate.parse(response.body)
        elif path.startswith("/v1/recommendations/"):
            with suppress(ValueError):
                # A catalogue that is not the cloud's own, or old, is as if none had come.
                Catalogue.parse(response.body, now, self.cloud.catalogue_key)
                self._chest.keep_catalogue(response.body)

    # What the owner can look at.

    def recommend(self, now: datetime) -> tuple[Ranked, ...]:
        """The apps of the last catalogue in the owner's own order, found here; none without a fresh one."""
        body, used = self._chest.catalogue(), self._chest.use()
        if body is None or not self.is_on(Switch.UPDATES):
            return ()
        try:
            catalogue = Catalogue.parse(body, now, self.cloud.catalogue_key)
        except ValueError:
            return ()
        return rank(catalogue, {} if used is None else sum_counts(used))

    def consents(self) -> tuple[Consent, ...]:
        """Every consent record, live or ended."""
        return self.gate.records()

    @property
    def log(self) -> OwnLog:
        """The phone's own log of consents."""
        return self.gate.log

    @property
    def chest(self) -> Chest:
        """The agent's memory, for export and erasure."""
        return self._chest

    def _settle(self, upload: Upload, response: Response | None, now: datetime) -> bool:
        accepted = self.gate.answered(upload, response)
        if upload.chunks:
            self.backup.answered(upload, response, now)
        elif not accepted and upload.purpose == "backup":
            self.backup.rest(now)
        elif upload.request.path == _DIAGNOSTICS:
            self._reporting = False
            if accepted:
                self._chest.keep_report(None)
        return accepted

    def _asks_now(self, slot: str | None, *, at_once: bool) -> bool:
        """True once in a slot, and once for this agent where the owner would not wait for one."""
        if at_once:
            asked, self._asked_by_hand = self._asked_by_hand, True
            return not asked
        if slot is None or self._chest.done_on("updates") == slot:
            return False
        self._chest.keep_done_on("updates", slot)
        return True

    def _preferences(
        self, now: datetime, conditions: Mapping[str, str], minutes: Mapping[str, int]
    ) -> Iterator[Upload]:
        week = name_week(now)
        spent = self._chest.spent()
        if week in spent or sum(spent.values()) + EPSILON > TOTAL:
            return
        for ready in self.gate.ready(Switch.PREFERENCES, self.cloud.api, now, conditions):
            if isinstance(ready, Upload):
                yield ready
                continue
            # Booked before it leaves, and not drawn again when it is lost on the way: each drawing costs.
            self._chest.keep_spent(week, EPSILON)
            report = compute_report(minutes, self.phone.model, now, self._noise)
            request = Request("POST", self.cloud.api, "/v1/preferences", (_JSON,), report.encode())
            yield self.gate.mark(request, ready, Switch.PREFERENCES, now)

    def _diagnostics(self, now: datetime, conditions: Mapping[str, str]) -> Iterator[Upload]:
        report = self._chest.report()
        if report is None or self._reporting:
            return
        headers = (_JSON, ("Content-Encoding", "gzip"))
        request = Request("POST", self.cloud.api, _DIAGNOSTICS, headers, report)
        for upload in self._pass(request, Switch.DIAGNOSTICS, now, conditions):
            self._reporting = bool(upload.data)
            yield upload

    def _pass(
        self, request: Request, switch: Switch, now: datetime, conditions: Mapping[str, str]
    ) -> Iterator[Upload]:
        """The request, if the gate lets it out; or the registration that must go first."""
        for ready in self.gate.ready(switch, request.host, now, conditions):
            yield ready if isinstance(ready, Upload) else self.gate.mark(request, ready, switch, now)
