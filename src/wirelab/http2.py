"""HTTP/2 on a channel, both sides by h2: many requests at once, flow control (RFC 9113)."""

from __future__ import annotations

from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.settings

from wirelab.channel import Channel
from wirelab.clock import Clock
from wirelab.job import Job
from wirelab.ledger import Conversation, Ledger
from wirelab.message import Headers, Request, Response

_WINDOW = 1 << 20
_STREAMS = 64
_HOP_BY_HOP = {"host", "connection", "transfer-encoding", "keep-alive", "upgrade"}


@dataclass
class _Stream:
    job: Job | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)


class _Side:
    """One end: its h2 connection and the bodies that wait for the other side's window."""

    def __init__(self, *, client: bool) -> None:
        config = h2.config.H2Configuration(client_side=client, header_encoding="utf-8")
        self.connection = h2.connection.H2Connection(config)
        self.connection.local_settings = h2.settings.Settings(
            client=client,
            initial_values={
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW,
                h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 100,
                h2.settings.SettingCodes.ENABLE_PUSH: 0,
            },
        )
        self.connection.initiate_connection()
        self.connection.increment_flow_control_window(4 * _WINDOW)
        self.waiting: dict[int, tuple[bytes, int]] = {}
        self.streams: dict[int, _Stream] = {}

    def body(self, stream: int, data: bytes) -> None:
        """Send a body, as far as the window lets; the rest waits."""
        self.waiting[stream] = (data, 0)
        self.pour()

    def pour(self) -> None:
        """Send what waits and fits."""
        connection = self.connection
        for stream, (data, start) in list(self.waiting.items()):
            offset = start
            while offset < len(data):
                size = min(connection.local_flow_control_window(stream), 16384, len(data) - offset)
                if size <= 0:
                    break
                end = offset + size
                connection.send_data(stream, data[offset:end], end_stream=end == len(data))
                offset = end
            if offset == len(data):
                del self.waiting[stream]
            else:
                self.waiting[stream] = (data, offset)


class Http2:
    """A speaker of HTTP/2 for the phone, and the host's side of the same connection."""

    def __init__(self, channel: Channel, talk: Conversation, clock: Clock, ledger: Ledger) -> None:
        self._channel, self._talk, self._clock, self._ledger = channel, talk, clock, ledger
        self._client, self._server = _Side(client=True), _Side(client=False)
        channel.received = [self._at_phone, self._at_host]
        self._flush(0)  # the host's own settings follow its first answer

    @property
    def free(self) -> bool:
        """True when it can take a request now."""
        return self._channel.alive and len(self._client.streams) < _STREAMS

    @property
    def idle(self) -> bool:
        """True when nothing is under way."""
        return not self._client.streams

    def _flush(self, side: int) -> int:
        data = (self._server if side else self._client).connection.data_to_send()
        return self._channel.send(side, data) if data else self._clock.now

    def ask(self, job: Job) -> None:
        """Send a request."""
        request, side = job.request, self._client
        stream = side.connection.get_next_available_stream_id()
        named = dict(job.headers())
        headers = [
            (":method", request.method),
            (":scheme", request.scheme),
            (":authority", named.get("Host", request.host)),
            (":path", request.target),
        ]
        headers += [(name.lower(), value) for name, value in job.headers() if name.lower() not in _HOP_BY_HOP]
        side.connection.send_headers(stream, headers, end_stream=not request.body)
        side.streams[stream] = _Stream(job)
        if request.body:
            side.body(stream, request.body)
        job.first_ns = self._flush(0)

    def lost(self, kind: str) -> None:
        """The channel ended: what was under way fails, and what left of it is on record."""
        streams, self._client.streams = self._client.streams, {}
        for number, stream in streams.items():
            job = stream.job
            if job is not None:
                if job.sent is None and job.first_ns < self._clock.now:
                    self._record(job, number, complete=False)
                job.fail(kind)

    def _record(self, job: Job, stream: int, *, complete: bool) -> None:
        end = max(job.first_ns, self._clock.now - self._channel.tcp.route.one_way_ns)
        job.sent = self._ledger.sent(
            self._talk,
            first_ns=job.first_ns,
            end_ns=end,
            stream=stream,
            number=0,
            protocol="h2",
            complete=complete,
            request=job.request,
            mark=job.mark,
        )

    def _at_host(self, data: bytes) -> None:
        side = self._server
        for event in side.connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                side.streams[event.stream_id] = _Stream(headers=_pairs(event.headers))
            elif isinstance(event, h2.events.DataReceived):
                side.streams[event.stream_id].parts.append(event.data or b"")
                side.connection.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self._answer(event.stream_id, side.streams.pop(event.stream_id))
        side.pour()
        self._flush(1)

    def _answer(self, number: int, stream: _Stream) -> None:
        mine = self._client.streams.get(number)
        if mine is None or mine.job is None:
            return
        self._record(mine.job, number, complete=True)
        named = dict(stream.headers)
        plain: Headers = tuple((key, value) for key, value in stream.headers if not key.startswith(":"))
        asked = Request(
            named[":method"],
            self._talk.host.name,
            named[":path"],
            plain,
            b"".join(stream.parts),
            named[":scheme"],
            self._channel.port,
        )
        response = self._talk.host.service(asked)
        self._clock.after(response.delay_s, lambda: self._respond(number, response))

    def _respond(self, number: int, response: Response) -> None:
        if not self._channel.alive:
            return
        headers = [(":status", str(response.status))]
        headers += [
            (name.lower(), value) for name, value in response.headers if name.lower() not in _HOP_BY_HOP
        ]
        if response.header("content-length") is None and response.status not in {204, 304}:
            headers.append(("content-length", str(len(response.body))))
        self._server.connection.send_headers(number, headers, end_stream=not response.body)
        if response.body:
            self._server.body(number, response.body)
        self._flush(1)

    def _at_phone(self, data: bytes) -> None:
        side = self._client
        done: list[_Stream] = []
        for event in side.connection.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                side.streams[event.stream_id].headers = _pairs(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                side.streams[event.stream_id].parts.append(event.data or b"")
                side.connection.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                done.append(side.streams.pop(event.stream_id))
        side.pour()
        self._flush(0)
        for stream in done:
            if stream.job is not None:
                plain = tuple((key, value) for key, value in stream.headers if not key.startswith(":"))
                stream.job.finish(
                    Response(int(dict(stream.headers)[":status"]), plain, b"".join(stream.parts))
                )


def _pairs(headers: object) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    for name, value in headers:  # type: ignore[attr-defined]
        made.append((str(name), str(value)))
    return made
