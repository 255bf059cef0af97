"""WebSocket on a channel: the upgrade written here, the frames by wsproto (RFC 6455).

The key of the upgrade comes from the seed; frame masks are wsproto's own random numbers, gone once decoded.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from wirelab.channel import Channel
from wirelab.clock import Clock
from wirelab.job import Job
from wirelab.ledger import Conversation, Ledger

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _message(data: str | bytes) -> TextMessage | BytesMessage:
    return TextMessage(data) if isinstance(data, str) else BytesMessage(data)


class WebSocket:
    """An open WebSocket as the phone has it. `received` is told what comes down, `closed` how it ended."""

    def __init__(
        self, channel: Channel, talk: Conversation, clock: Clock, ledger: Ledger, rng: random.Random
    ) -> None:
        self._channel, self._talk, self._clock, self._ledger = channel, talk, clock, ledger
        self._key = base64.b64encode(rng.randbytes(16))
        self._sides = (Connection(ConnectionType.CLIENT), Connection(ConnectionType.SERVER))
        self._parts: tuple[list[str | bytes], list[str | bytes]] = ([], [])
        self._heads = [b"", b""]
        self._open = [False, False]
        self._number = 1  # the request that asks for the upgrade is 0
        self._job: Job | None = None
        self._opened: Callable[[WebSocket], None] | None = None
        self.received: Callable[[str | bytes], None] | None = None
        channel.received = [lambda data: self._get(0, data), lambda data: self._get(1, data)]

    @property
    def alive(self) -> bool:
        """True while messages can pass."""
        return self._channel.alive and self._open[0]

    def begin(self, job: Job, opened: Callable[[WebSocket], None]) -> None:
        """Ask for the upgrade; `opened` is called when the host has agreed."""
        self._job, self._opened = job, opened
        lines = [f"{job.request.method} {job.request.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in job.headers()]
        lines += ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {self._key.decode()}"]
        head = "\r\n".join([*lines, "Sec-WebSocket-Version: 13", "", ""]).encode()
        job.first_ns = self._channel.send(0, head)

    def send(self, data: str | bytes, mark: object = None) -> None:
        """Send a message up."""
        if self.alive:
            first = self._channel.send(0, self._sides[0].send(_message(data)))
            payload = data.encode() if isinstance(data, str) else data
            self._ledger.sent(
                self._talk,
                first_ns=first,
                end_ns=first,
                stream=0,
                number=self._number,
                protocol="websocket",
                payload=payload,
                mark=mark,
            )
            self._number += 1

    def push(self, data: str | bytes) -> None:
        """Let the host send a message down."""
        if self.alive and self._open[1]:
            self._channel.send(1, self._sides[1].send(_message(data)))

    def ping(self) -> None:
        """Ask whether the host is still there."""
        if self.alive:
            self._channel.send(0, self._sides[0].send(Ping(b"")))

    def close(self) -> None:
        """Say goodbye, and close the connection."""
        if self.alive:
            self._channel.send(0, self._sides[0].send(CloseConnection(1000)))
            self._channel.close(0)

    def _get(self, side: int, data: bytes) -> None:
        if not self._open[side]:
            head, separator, rest = (self._heads[side] + data).partition(b"\r\n\r\n")
            if not separator:
                self._heads[side] = head
                return
            data = rest
            self._open[side] = True
            (self._agree if side else self._agreed)()
        if not data:
            return
        connection = self._sides[side]
        connection.receive_data(data)
        for event in connection.events():
            if isinstance(event, TextMessage | BytesMessage):
                self._parts[side].append(event.data if isinstance(event.data, str) else bytes(event.data))
                if event.message_finished:
                    self._whole(side)
            elif isinstance(event, Ping):
                self._channel.send(side, connection.send(event.response()))

    def _whole(self, side: int) -> None:
        parts = self._parts[side]
        texts = [item for item in parts if isinstance(item, str)]
        message: str | bytes = (
            "".join(texts) if texts else b"".join(item for item in parts if isinstance(item, bytes))
        )
        parts.clear()
        if side == 0:
            if self.received is not None:
                self.received(message)
            return
        service = self._talk.host.websocket
        for answer in service(message) if service is not None else []:
            self.push(answer)

    def _agree(self) -> None:
        job = self._job
        if job is not None:
            job.sent = self._ledger.sent(
                self._talk,
                first_ns=job.first_ns,
                end_ns=job.first_ns,
                stream=0,
                number=0,
                protocol="http/1.1",
                request=job.request,
                mark=job.mark,
            )
        proof = base64.b64encode(hashlib.sha1(self._key + _GUID).digest())
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self._channel.send(1, head + b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n")

    def _agreed(self) -> None:
        if self._opened is not None:
            self._opened(self)
