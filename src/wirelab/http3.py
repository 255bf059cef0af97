"""HTTP/3 on QUIC, both sides by aioquic (RFC 9114)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.events import HandshakeCompleted, QuicEvent

from wirelab.clock import Clock
from wirelab.job import Job
from wirelab.ledger import Ledger
from wirelab.message import Headers, Request, Response
from wirelab.quic import QuicTalk

_HOP_BY_HOP = {"host", "connection", "transfer-encoding", "keep-alive", "upgrade"}
_STREAMS = 64


@dataclass
class _Stream:
    job: Job | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)


class Http3:
    """A speaker of HTTP/3 for the phone, and the host's side of the same connection."""

    encrypted = True
    session = None

    def __init__(self, quic: QuicTalk, clock: Clock, ledger: Ledger, opened: Callable[[], None]) -> None:
        self._quic, self._clock, self._ledger, self._opened = quic, clock, ledger, opened
        self._sides = (H3Connection(quic.sides[0]), H3Connection(quic.sides[1]))
        self._streams: tuple[dict[int, _Stream], dict[int, _Stream]] = ({}, {})
        quic.happened = [self._at_phone, self._at_host]

    @property
    def alive(self) -> bool:
        """True while requests can pass."""
        return self._quic.alive

    @property
    def free(self) -> bool:
        """True when it can take a request now."""
        return self._quic.alive and len(self._streams[0]) < _STREAMS

    @property
    def idle(self) -> bool:
        """True when nothing is under way."""
        return not self._streams[0]

    def close(self, _: int) -> None:
        """Close; QUIC's phone side does it, whoever wants it."""
        self._quic.close()

    def ask(self, job: Job) -> None:
        """Send a request."""
        request = job.request
        stream = self._quic.sides[0].get_next_available_stream_id()
        named = dict(job.headers())
        headers = [
            (":method", request.method),
            (":scheme", request.scheme),
            (":authority", named.get("Host", request.host)),
            (":path", request.target),
        ]
        headers += [(name.lower(), value) for name, value in job.headers() if name.lower() not in _HOP_BY_HOP]
        self._streams[0][stream] = _Stream(job)
        self._send(0, stream, headers, request.body)
        job.first_ns = self._clock.now
        self._quic.flush(0)

    def _send(self, side: int, stream: int, headers: list[tuple[str, str]], body: bytes) -> None:
        raw = [(name.encode(), value.encode()) for name, value in headers]
        self._sides[side].send_headers(stream, raw, end_stream=not body)
        if body:
            self._sides[side].send_data(stream, body, end_stream=True)

    def lost(self, kind: str) -> None:
        """The connection ended: what was under way fails, and what left of it is on record."""
        streams = list(self._streams[0].items())
        self._streams[0].clear()
        for number, stream in streams:
            job = stream.job
            if job is not None:
                if job.sent is None and job.first_ns < self._clock.now:
                    self._record(job, number, complete=False)
                job.fail(kind)

    def _record(self, job: Job, stream: int, *, complete: bool) -> None:
        end = max(job.first_ns, self._clock.now - self._quic.way_ns)
        job.sent = self._ledger.sent(
            self._quic.talk,
            first_ns=job.first_ns,
            end_ns=end,
            stream=stream,
            number=0,
            protocol="h3",
            complete=complete,
            request=job.request,
            mark=job.mark,
        )

    def _collect(self, side: int, event: QuicEvent) -> list[int]:
        """Feed an event to one side; the streams whose message is now whole."""
        done, streams = [], self._streams[side]
        for made in self._sides[side].handle_event(event):
            if not isinstance(made, HeadersReceived | DataReceived):
                continue
            stream = streams.setdefault(made.stream_id, _Stream())
            if isinstance(made, HeadersReceived):
                stream.headers += [(name.decode(), value.decode()) for name, value in made.headers]
            else:
                stream.parts.append(made.data)
            if made.stream_ended:
                done.append(made.stream_id)
        return done

    def _at_host(self, event: QuicEvent) -> None:
        for number in self._collect(1, event):
            self._answer(number, self._streams[1].pop(number))

    def _answer(self, number: int, stream: _Stream) -> None:
        mine = self._streams[0].get(number)
        if mine is None or mine.job is None:
            return
        self._record(mine.job, number, complete=True)
        named, host = dict(stream.headers), self._quic.talk.host
        plain: Headers = tuple((key, value) for key, value in stream.headers if not key.startswith(":"))
        asked = Request(
            named[":method"],
            host.name,
            named[":path"],
            plain,
            b"".join(stream.parts),
            named[":scheme"],
            self._quic.talk.port,
        )
        response = host.service(asked)
        self._clock.after(response.delay_s, lambda: self._respond(number, response))

    def _respond(self, number: int, response: Response) -> None:
        if not self._quic.alive:
            return
        headers = [(":status", str(response.status))]
        headers += [
            (name.lower(), value) for name, value in response.headers if name.lower() not in _HOP_BY_HOP
        ]
        if response.header("content-length") is None and response.status not in {204, 304}:
            headers.append(("content-length", str(len(response.body))))
        self._send(1, number, headers, response.body)
        self._quic.flush(1)

    def _at_phone(self, event: QuicEvent) -> None:
        if isinstance(event, HandshakeCompleted):
            self._clock.after(0, self._opened)
        for number in self._collect(0, event):
            stream = self._streams[0].pop(number)
            if stream.job is not None:
                plain = tuple((key, value) for key, value in stream.headers if not key.startswith(":"))
                answer = Response(int(dict(stream.headers)[":status"]), plain, b"".join(stream.parts))
                self._clock.after(0, lambda job=stream.job, answer=answer: job.finish(answer))  # type: ignore[misc]
