"""QUIC in virtual time: aioquic on both sides, datagrams carried by the clock (RFC 9000).

aioquic takes bytes and times and gives bytes and timers; this file carries them across the route and records
them.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from aioquic.buffer import Buffer  # type: ignore[attr-defined] # aioquic means it to be imported here
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, QuicEvent
from aioquic.quic.packet import QuicPacketType, pull_quic_header
from aioquic.tls import CipherSuite

from wirelab.clock import NS, Timer
from wirelab.host import Host
from wirelab.message import App
from wirelab.net import Net

_DATAGRAM = 1350
_SMALLEST = 1200
_WINDOW = 16 << 20
_PHONE, _HOST = ("phone", 0), ("host", 0)


def _configuration(host: Host, log: io.StringIO, *, client: bool) -> QuicConfiguration:
    made = QuicConfiguration(
        alpn_protocols=["h3"],
        is_client=client,
        max_datagram_size=_DATAGRAM,
        max_data=_WINDOW,
        max_stream_data=_WINDOW,
        secrets_log_file=log,
        initial_rtt=0.333,
        server_name=host.name if client else None,
        idle_timeout=max(30.0, host.idle_close_s + 5),
    )
    if client:
        made.verify_mode = 0
    else:
        made.certificate, made.private_key = host.identity.certificate, host.identity.key
        made.certificate_chain = list(host.identity.chain)
    if host.quic_cipher is not None:
        made.cipher_suites = [CipherSuite[host.quic_cipher]]
    return made


def _trimmed(datagram: bytes) -> bytes:
    """A datagram without the zeros that aioquic puts after its last packet.

    Up to eight of them make tshark stumble. Datagrams with Initial packets stay above the 1200 bytes that
    RFC 9000, 14.1 asks for, or are left alone.
    """
    if not datagram[0] & 0x80:
        return datagram
    buffer = Buffer(data=datagram)
    at = 0
    while at < len(datagram) and datagram[at]:
        header = pull_quic_header(buffer, host_cid_length=8)
        if header.packet_type == QuicPacketType.ONE_RTT:
            return datagram
        at += header.packet_length
        buffer.seek(at)
    return datagram[:at] if at >= _SMALLEST else datagram


class QuicTalk:
    """A QUIC connection between the phone (side 0) and a host (side 1).

    `happened[side]` is told each event of that side; `ended` how it ended, once.
    """

    def __init__(self, net: Net, host: Host, address: str, app: App, port: int) -> None:
        self._net, self._clock, self._host = net, net.clock, host
        self._udp = net.udp(host, address, port, app, encrypted=True)
        self.talk = self._udp.talk
        self._log = io.StringIO()
        self._lines: set[str] = set()
        client = QuicConnection(configuration=_configuration(host, self._log, client=True))
        server = QuicConnection(
            configuration=_configuration(host, self._log, client=False),
            original_destination_connection_id=client.original_destination_connection_id,
        )
        self.sides = (client, server)
        self.happened: list[Callable[[QuicEvent], None]] = [lambda _: None, lambda _: None]
        self.ended: Callable[[str], None] | None = None
        self.alive = True
        self._busy = [0, 0]
        self._arrived = [0, 0]
        self._timers: list[Timer | None] = [None, None]
        self._rng = random.Random(
            f"{net.seed}:quic:{self.talk.views[0][1].flow if self.talk.views else host.name}"
        )
        net.on_leave(self._lose)

    @property
    def way_ns(self) -> int:
        """One way, nanoseconds."""
        return self._udp.route.one_way_ns

    def connect(self) -> None:
        """Send the first flight."""
        self.sides[0].connect(_HOST, now=self._clock.now / NS)
        self.flush(0)

    def close(self) -> None:
        """The phone closes."""
        if self.alive:
            self.sides[0].close()
            self.flush(0)
            self._end("closed")

    def flush(self, side: int) -> None:
        """Send what that side has to send, and set its timer."""
        if not self.alive:
            return
        connection = self.sides[side]
        now = self._clock.now
        batch = connection.datagrams_to_send(now=now / NS)
        self._give_keys()
        if batch:
            self._carry(side, [_trimmed(data) for data, _ in batch], max(now, self._busy[side]))
        timer = self._timers[side]
        if timer is not None:
            timer.cancel()
            self._timers[side] = None
        wanted = connection.get_timer()
        if wanted is not None:
            # A tick later than asked, so that rounding never lets the timer come too early.
            self._timers[side] = self._clock.at(int(wanted * NS) + 1000, lambda: self._ring(side))

    def _carry(self, side: int, batch: list[bytes], start: int) -> None:
        route, gap = self._udp.route, self._udp.route.gap(side)
        far = [view[1] for view in self.talk.views]
        kept = []
        for number, data in enumerate(batch):
            later = start - self._clock.now + number * gap
            lost = len(data) < 1200 and self._rng.random() < route.loss
            if not lost or far:
                self._udp.send(side, data, later)
            if not lost:
                kept.append(data)
        self._busy[side] = start + len(batch) * gap
        arrived = max(self._busy[side] + route.one_way_ns, self._arrived[side] + 1)
        self._arrived[side] = arrived
        self._clock.at(arrived, lambda: self._deliver(1 - side, kept))

    def _deliver(self, side: int, batch: list[bytes]) -> None:
        if not self.alive:
            return
        connection, now = self.sides[side], self._clock.now / NS
        for data in batch:
            connection.receive_datagram(data, _PHONE if side else _HOST, now=now)
        self._events(side)
        self.flush(side)

    def _ring(self, side: int) -> None:
        if self.alive:
            self.sides[side].handle_timer(now=self._clock.now / NS)
            self._events(side)
            self.flush(side)

    def _events(self, side: int) -> None:
        while (event := self.sides[side].next_event()) is not None:
            if isinstance(event, ConnectionTerminated):
                self._end("closed")
                return
            self.happened[side](event)

    def _give_keys(self) -> None:
        text = self._log.getvalue()
        if text:
            self._log.seek(0)
            self._log.truncate()
            lines = [
                line for line in dict.fromkeys(text.splitlines(keepends=True)) if line not in self._lines
            ]
            self._lines.update(lines)
            if lines and not self._host.pinned:
                for recorder, _ in self.talk.views:
                    recorder.add_keys("".join(lines).encode())

    def _lose(self) -> None:
        if self.alive:
            self._end("network_lost")

    def _end(self, how: str) -> None:
        self.alive = False
        for timer in self._timers:
            if timer is not None:
                timer.cancel()
        if self.ended is not None:
            ended, self.ended = self.ended, None
            ended(how)
