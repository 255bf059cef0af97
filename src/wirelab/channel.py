"""A channel: one TCP connection between an app and a host, with TLS over it or none; application bytes."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from wirelab.host import Host
from wirelab.message import App
from wirelab.recorder import Recorder
from wirelab.tcp import TcpConnection
from wirelab.tls import TlsKit, TlsSide


def _nothing(_: bytes) -> None:
    """Nobody listens yet."""


class Channel:
    """Application bytes between the phone (side 0) and a host (side 1).

    `received[side]` is told the application bytes that the side gets, `ended` how it ended, once.
    """

    def __init__(
        self,
        tcp: TcpConnection,
        recorders: list[Recorder],
        host: Host,
        app: App,
        kit: TlsKit,
        *,
        port: int,
        encrypted: bool,
    ) -> None:
        self.tcp, self.host, self.app, self.port, self.encrypted = tcp, host, app, port, encrypted
        self.recorders = recorders
        self.received: list[Callable[[bytes], None]] = [_nothing, _nothing]
        self.ended: Callable[[str], None] | None = None
        self.refused: Callable[[str], None] | None = None
        self.alpn: str | None = None
        self.ready = False
        self.opened_ns = 0
        self._kit = kit
        self._sides: list[TlsSide] = []
        self._opened: Callable[[], None] | None = None
        self._lines: set[bytes] = set()
        tcp.received = [self._at_phone, self._at_host]
        tcp.ended = self._end

    @property
    def alive(self) -> bool:
        """True while bytes can pass."""
        return self.tcp.alive and not self.tcp.closing

    @property
    def session(self) -> ssl.SSLSession | None:
        """What the client may resume, once the host has given it."""
        session = self._sides[0].object.session if self._sides else None
        return session if session is not None and session.has_ticket else None

    def open(
        self, opened: Callable[[], None], failed: Callable[[str], None], session: ssl.SSLSession | None
    ) -> None:
        """Connect and shake hands."""
        self._opened = opened

        def connected() -> None:
            self.opened_ns = self.tcp.last_ns
            if self.encrypted:
                self._shake(session)
            else:
                self.ready = True
                opened()

        self.tcp.open(connected, failed, self.host.outage)

    def _shake(self, session: ssl.SSLSession | None) -> None:
        host, profile = self.host, self.host.profile
        if profile is None or host.context is None:
            raise ValueError(f"{host.name} speaks no TLS; ask it with scheme='http'")
        if host.refuses == "certificate_unknown":
            context = self._kit.trusting(profile, host.authority_pem)
        else:
            context = self._kit.client(profile, host.refuses)
        self._sides = [
            TlsSide(context, server=False, name=host.name, session=session),
            TlsSide(host.context, server=True, name=None, session=None),
        ]
        self._to_wire(0, self._sides[0].start(), 0)

    def send(self, side: int, plain: bytes) -> int:
        """Send application bytes; the sender's time of the first of them."""
        if not self.alive:
            return self.tcp.last_ns
        sealed = self._sides[side].seal(plain) if self.encrypted else plain
        return self._to_wire(side, sealed, len(plain))

    def _to_wire(self, side: int, data: bytes, nominal: int) -> int:
        if self.encrypted:
            self._give_keys()
        return self.tcp.send(side, data, nominal)

    def _give_keys(self) -> None:
        fresh = [line for line in self._kit.new_keys().splitlines(keepends=True) if line not in self._lines]
        if fresh:
            fresh = list(dict.fromkeys(fresh))
            self._lines.update(fresh)
            if not self.host.pinned:
                for recorder in self.recorders:
                    recorder.add_keys(b"".join(fresh))

    def _at_host(self, data: bytes) -> None:
        if not self.encrypted:
            self.received[1](data)
            return
        side = self._sides[1]
        plain, answer = side.feed(data)
        self._to_wire(1, answer, 0)
        if plain:
            self.received[1](plain)

    def _at_phone(self, data: bytes) -> None:
        if not self.encrypted:
            self.received[0](data)
            return
        if self.host.refuses == "close":
            self._refuse("close")
            return
        side = self._sides[0]
        plain, answer = side.feed(data)
        self._to_wire(0, answer, 0)
        if side.over and not side.handshaken:
            self._refuse(self.host.refuses or "handshake_failure")
            return
        if side.handshaken and not self.ready:
            self.ready = True
            self.alpn = side.object.selected_alpn_protocol()
            if self._opened is not None:
                self._opened()
        if plain:
            self.received[0](plain)

    def _refuse(self, how: str) -> None:
        refused, self.refused = self.refused, None
        self.tcp.close(0)
        if refused is not None:
            refused(how)

    def close(self, side: int) -> None:
        """Close in order from that side (with close_notify where there is TLS)."""
        if self.alive:
            if self.encrypted and self._sides and self._sides[side].handshaken:
                self.tcp.send(side, self._sides[side].shut(), 0)
            self.tcp.close(side)

    def _end(self, how: str) -> None:
        if self.ended is not None:
            ended, self.ended = self.ended, None
            ended(how)
