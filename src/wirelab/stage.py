"""The stage of a world.

The laboratory, the owner, the diary and the vendor, and the few verbs a world is told in.

A world's ``play(stage)`` puts things into the clock; everything that leaves the phone goes through
:meth:`Stage.send` (or through optin's agent), which is where it is said what the message carries.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wirelab.behaviour.doze import Doze
from wirelab.claims import DOMAIN, Claim, Control, base_claims
from wirelab.clock import nanoseconds, utc
from wirelab.datum import Datum, Mark
from wirelab.diary import Diary
from wirelab.lab import App, Attempt, Exchange, Failure, Lab, Recorder, Request, Sent
from wirelab.owner.messages import Message
from wirelab.owner.person import Owner
from wirelab.owner.photos import Photo
from wirelab.sight import Sight
from wirelab.vendor.cloud import VendorCloud

if TYPE_CHECKING:
    from wirelab.vendor.agent import PhoneAgent


FEWEST_BEATS = 8
"""Fewer contacts are no rhythm."""


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent record of the case, as the owner could show it."""

    id: str
    data: tuple[str, ...]
    hosts: tuple[str, ...]
    purpose: str
    start: datetime
    until: datetime | None
    when: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Beat:
    """A rhythm that a world keeps.

    "contact" or "upload", period and largest shift in seconds, in [start, until).
    """

    host: str
    what: str
    period_s: float
    jitter_s: float
    start: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """Something of a kind that a host sent down."""

    time_ns: int
    host: str
    kind: str
    sent: Sent


@dataclass(frozen=True, slots=True)
class Down:
    """A span in which a recorder did not run."""

    recorder: str
    start_ns: int
    until_ns: int


class Stage:
    """One run of one world. ``start`` is midnight UTC of the first day, ``end`` where the play stops."""

    def __init__(
        self, lab: Lab, seed: int, owner: Owner, sight: Sight, *, start: datetime, end: datetime
    ) -> None:
        self.lab, self.seed, self.owner, self.sight = lab, seed, owner, sight
        self.start, self.end = start, end
        self.phone = lab.phone
        self.diary = Diary(lab.clock)
        self.sent: list[Sent] = []
        self.attempts: list[Attempt] = []
        self.answers: list[Answered] = []
        self.beats: list[Beat] = []
        self.down: list[Down] = []
        self.consents: list[Consented] = []
        self.recorded: tuple[str, ...] = ("wifi",)
        self.controls: list[Control] = []
        self.claims: tuple[Claim, ...] = base_claims(self.day(1), end)
        lab.on_sent.append(self.sent.append)
        lab.on_attempt.append(self.attempts.append)
        self.on_new: list[Callable[[Photo | Message], None]] = []
        self.on_state: list[Callable[[str, str], None]] = []
        self.doze = Doze(self)
        self.agent: PhoneAgent | None = None
        self.vendor = VendorCloud(lab, pinned=sight.keys == "partial")

    # Time.

    def day(self, number: int, time: str = "00:00") -> datetime:
        """That time of day (UTC, ``HH:MM``) on that day; day 0 is the control day."""
        hours, minutes = time.split(":")
        return self.start + timedelta(days=number, hours=int(hours), minutes=int(minutes))

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Do something at a moment."""
        self.lab.clock.at(moment, action)

    def every(
        self,
        seconds: float,
        action: Callable[[], None],
        *,
        start: datetime,
        until: datetime | None = None,
        jitter_s: float = 0.0,
        name: str = "",
    ) -> None:
        """Do something again and again in [start, until). ``name`` names the stream of random shifts."""
        timer = self.lab.clock.every(
            seconds, action, start=start, jitter_s=jitter_s, rng=self.rng(f"every/{name}/{seconds}/{start}")
        )
        if until is not None:
            self.lab.clock.at(until, timer.cancel)

    def now(self) -> datetime:
        """The present moment."""
        return utc(self.lab.clock.now)

    def rng(self, name: str) -> random.Random:
        """Randomness of that name: the same for the same seed, whatever else happens."""
        return self.lab.rng(name)

    # What happens.

    def send(
        self,
        app: App,
        request: Request,
        data: tuple[Datum, ...] = (),
        *,
        answers: tuple[str, ...] = (),
        consent: str | None = None,
        then: Callable[[Exchange], None] | None = None,
        failed: Callable[[Failure], None] | None = None,
    ) -> None:
        """Send a request that carries ``data``, whose answer holds the kinds ``answers``."""
        mark = Mark(data, answers, consent)

        def back(exchange: Exchange) -> None:
            if exchange.response.status < 300:
                self.answers += [
                    Answered(exchange.sent.time_ns, request.host, kind, exchange.sent) for kind in answers
                ]
            if then is not None:
                then(exchange)

        self.phone.fetch(request, app, back, failed, mark)

    def state(self, key: str, value: str, note: str = "") -> None:
        """A setting or condition of the phone changes now; the tester's log gets a row."""
        self.diary.state(key, value, note)
        if key == "network":
            self.phone.set_network(value)
        for told in self.on_state:
            told(key, value)

    def take_new(self, item: Photo | Message) -> None:
        """A photo was taken, a message came: whoever watches for such things is told."""
        for told in self.on_new:
            told(item)

    def consent(
        self,
        identifier: str,
        data: tuple[str, ...],
        hosts: tuple[str, ...],
        *,
        purpose: str,
        start: datetime,
        until: datetime | None = None,
    ) -> None:
        """The owner agreed to something that is not optin's business (a chat, a map).

        A record for the case file.
        """
        self.consents.append(Consented(identifier, data, hosts, purpose, start, until))

    def control(self, identifier: str, data: tuple[str, ...], facts: tuple[str, ...], note: str) -> None:
        """A positive control on the control day."""
        self.controls.append(
            Control(identifier, data, facts, self.day(0, "08:00"), self.day(0, "20:00"), note)
        )

    def beat(
        self, host: str, what: str, period_s: float, jitter_s: float, *, start: datetime, until: datetime
    ) -> None:
        """Say which rhythm the world keeps, so that the truth holds it."""
        self.beats.append(Beat(host, what, period_s, jitter_s, start, until))

    # What was, for the truth.

    def is_vendor(self, host: str) -> bool:
        """Whether a host is the first party's."""
        return host == DOMAIN or host.endswith("." + DOMAIN)

    def list_beats(self) -> list[Beat]:
        """The rhythms that were really kept: a host that was never reached has none."""
        reached = Counter(sent.host for sent in self.sent if sent.captured and sent.protocol != "dns")
        return [beat for beat in self.beats if reached[beat.host] >= FEWEST_BEATS]

    def is_pinned(self, sent: Sent) -> bool:
        """Whether the world itself keeps the keys of that message away, whatever the sight."""
        if self.sight.keys == "partial" and self.is_vendor(sent.host):
            return sent.host in self.vendor.pinned
        return sent.pinned

    def list_down(self) -> list[Down]:
        """When nothing was recorded.

        The recorder was down, or the phone was on a network that nobody recorded.
        """
        away = [
            Down("network", start, until)
            for start, until in self.diary.spans(
                {"network": tuple({"wifi", "mobile"} - set(self.recorded))},
                nanoseconds(self.start),
                nanoseconds(self.end),
            )
        ]
        return self.down + away

    def lose_capture(self, start: datetime, until: datetime, recorder: Recorder) -> None:
        """A recorder dies at ``start`` and is started again at ``until``.

        The tester notices when it is started.
        """
        self.down.append(Down(recorder.name, nanoseconds(start), nanoseconds(until)))
        self.lab.clock.at(start, recorder.stop)
        self.lab.clock.at(until, recorder.start)
