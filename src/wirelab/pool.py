"""The phone's connection pool: who gets which connection, when one is opened, when it is closed."""

from __future__ import annotations

import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from wirelab.channel import Channel
from wirelab.clock import NS, Timer
from wirelab.dns import Dns
from wirelab.host import Host
from wirelab.http1 import Http1
from wirelab.http2 import Http2
from wirelab.http3 import Http3
from wirelab.job import Job, Speaker
from wirelab.ledger import Conversation
from wirelab.message import App
from wirelab.net import Net, TcpTalk
from wirelab.quic import QuicTalk
from wirelab.tls import TlsKit

_LIMIT = 4
_TICKET_NS = 6 * 3600 * NS


class Carrier(Protocol):
    """What the pool asks of a connection, over TCP or QUIC."""

    @property
    def alive(self) -> bool:
        """True while requests can pass."""

    @property
    def session(self) -> ssl.SSLSession | None:
        """What may be resumed later."""

    def close(self, side: int) -> None:
        """Close from that side."""


@dataclass
class _Line:
    """A connection and what is spoken on it."""

    channel: Carrier
    speaker: Speaker
    timer: Timer | None = None


@dataclass
class _Place:
    """All connections of an app to a host, and what waits for one."""

    host: Host
    app: App
    port: int
    encrypted: bool
    lines: list[_Line] = field(default_factory=list)
    waiting: deque[Job] = field(default_factory=deque)
    opening: int = 0

    @property
    def many(self) -> bool:
        """True when one connection carries many requests at once."""
        return self.encrypted and self.host.protocol in {"h2", "h3"}


class Pool:
    """Connections over TCP by (app, host, port)."""

    def __init__(self, net: Net, dns: Dns, kit: TlsKit) -> None:
        self._net, self._dns, self._kit = net, dns, kit
        self._places: dict[tuple[str, str, int, bool], _Place] = {}
        self._sessions: dict[tuple[str, str], tuple[int, ssl.SSLSession]] = {}

    def ask(self, host: Host, job: Job) -> None:
        """Send a request on a free connection, or on a new one, or when one becomes free."""
        request = job.request
        key = (job.app.name, host.name, request.port_number, request.scheme == "https")
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Place(host, job.app, key[2], key[3])
        place.waiting.append(job)
        self._pump(place)

    def _pump(self, place: _Place) -> None:
        while place.waiting:
            line = next((item for item in place.lines if item.speaker.free), None)
            if line is None:
                wanted = min(len(place.waiting), 1 if place.many else _LIMIT - len(place.lines))
                for _ in range(wanted - place.opening):
                    self._open(place)
                return
            if line.timer is not None:
                line.timer.cancel()
                line.timer = None
            job = place.waiting.popleft()
            job.after = lambda line=line: self._freed(place, line)
            line.speaker.ask(job)

    def _freed(self, place: _Place, line: _Line) -> None:
        self._remember(place, line.channel)
        self._pump(place)
        if line.speaker.idle and line.channel.alive:
            if line.timer is not None:
                line.timer.cancel()
            line.timer = self._net.clock.after(place.host.idle_close_s, lambda: self._close_idle(place, line))

    def _close_idle(self, place: _Place, line: _Line) -> None:
        if line.speaker.idle and line in place.lines:
            place.lines.remove(line)
            line.channel.close(1)

    def _remember(self, place: _Place, channel: Carrier) -> None:
        session = channel.session
        if session is not None:
            self._sessions[place.app.name, place.host.name] = (self._net.clock.now, session)

    def session(self, app: App, host: Host) -> ssl.SSLSession | None:
        """What this app may resume with this host, if it is fresh."""
        when, session = self._sessions.get((app.name, host.name), (0, None))
        return session if self._net.clock.now - when < _TICKET_NS else None

    def _open(self, place: _Place) -> None:
        place.opening += 1

        def resolved(addresses: list[str]) -> None:
            if not addresses or self._net.network == "none":
                place.opening -= 1
                self._fail_one(place, "offline" if self._net.network == "none" else "no_such_name")
                return
            if place.encrypted and place.host.protocol == "h3":
                self._greet(place, addresses)
                return
            talk = self.connect(place.host, addresses, place.port, place.app, encrypted=place.encrypted)
            self._shake(place, talk)

        self._dns.resolve(place.host.name, place.app, resolved)

    def connect(self, host: Host, addresses: list[str], port: int, app: App, *, encrypted: bool) -> TcpTalk:
        """A TCP connection to the best of the addresses (IPv6 where the phone has it)."""
        return self._net.tcp(host, self._best(addresses), port, app, encrypted=encrypted)

    def _best(self, addresses: list[str]) -> str:
        six = [item for item in addresses if ":" in item]
        return six[0] if six and self._net.address6 else next(item for item in addresses if ":" not in item)

    def _greet(self, place: _Place, addresses: list[str]) -> None:
        """Open a QUIC connection."""
        net = self._net
        quic = QuicTalk(net, place.host, self._best(addresses), place.app, place.port)

        def opened() -> None:
            place.opening -= 1
            line = _Line(speaker, speaker)
            place.lines.append(line)
            quic.ended = lambda how: self._ended(place, line, how)
            self._pump(place)

        def failed(kind: str) -> None:
            place.opening -= 1
            self._fail_one(place, kind)

        speaker = Http3(quic, net.clock, net.ledger, opened)
        quic.ended = failed
        quic.connect()

    def channel(self, talk: TcpTalk) -> Channel:
        """A channel over a connection."""
        where = talk.talk
        return Channel(
            talk.tcp,
            talk.recorders,
            where.host,
            where.app,
            self._kit,
            port=where.port,
            encrypted=where.encrypted,
        )

    def _shake(self, place: _Place, talk: TcpTalk) -> None:
        channel = self.channel(talk)
        state = {"done": False}

        def settle() -> bool:
            first = not state["done"]
            if first:
                state["done"] = True
                place.opening -= 1
            return first

        def opened() -> None:
            settle()
            line = _Line(channel, self._speaker(channel, talk.talk))
            place.lines.append(line)
            channel.ended = lambda how: self._ended(place, line, how)
            self._pump(place)

        def failed(kind: str) -> None:
            if settle():
                self._fail_one(place, kind)

        def refused(how: str) -> None:
            self._net.ledger.attempt(talk.talk, channel.opened_ns, how)
            failed("refused")

        channel.refused = refused
        channel.ended = failed
        channel.open(opened, failed, self.session(place.app, place.host))

    def _speaker(self, channel: Channel, talk: Conversation) -> Speaker:
        if channel.alpn == "h2":
            return Http2(channel, talk, self._net.clock, self._net.ledger)
        return Http1(channel, talk, self._net.clock, self._net.ledger)

    def _ended(self, place: _Place, line: _Line, how: str) -> None:
        if line in place.lines:
            place.lines.remove(line)
        if line.timer is not None:
            line.timer.cancel()
        line.speaker.lost(how)
        self._pump(place)

    def _fail_one(self, place: _Place, kind: str) -> None:
        jobs = list(place.waiting) if place.opening == 0 and not place.lines else []
        if jobs:
            place.waiting.clear()
        for job in jobs:
            job.fail(kind)
