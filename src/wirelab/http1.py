"""HTTP/1.1 on a channel, both sides by h11: one request at a time, keep-alive (RFC 9112)."""

from __future__ import annotations

import h11

from wirelab.channel import Channel
from wirelab.clock import Clock
from wirelab.job import Job
from wirelab.ledger import Conversation, Ledger
from wirelab.message import Headers, Request, Response


def _text(headers: h11._headers.Headers) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw_items())


class Http1:
    """A speaker of HTTP/1.1 for the phone, and the host's side of the same connection."""

    def __init__(self, channel: Channel, talk: Conversation, clock: Clock, ledger: Ledger) -> None:
        self._channel, self._talk, self._clock, self._ledger = channel, talk, clock, ledger
        self._client, self._server = h11.Connection(h11.CLIENT), h11.Connection(h11.SERVER)
        self._job: Job | None = None
        self._number = 0
        self._asked: Request | None = None
        self._answer: h11.Response | None = None
        self._up: list[bytes] = []
        self._down: list[bytes] = []
        channel.received = [self._at_phone, self._at_host]

    @property
    def free(self) -> bool:
        """True when it can take a request now."""
        return self._job is None and self._channel.alive and self._client.our_state is h11.IDLE

    @property
    def idle(self) -> bool:
        """True when nothing is under way."""
        return self._job is None

    def ask(self, job: Job) -> None:
        """Send a request."""
        self._job = job
        request = job.request
        headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in job.headers()]
        event = h11.Request(method=request.method, target=request.target.encode("ascii"), headers=headers)
        parts = [self._client.send(event) or b""]
        if request.body:
            parts.append(self._client.send(h11.Data(request.body)) or b"")
        parts.append(self._client.send(h11.EndOfMessage()) or b"")
        job.first_ns = self._channel.send(0, b"".join(parts))

    def lost(self, kind: str) -> None:
        """The channel ended: what was under way fails, and what left of it is on record."""
        job, self._job = self._job, None
        if job is not None:
            if job.sent is None and job.first_ns and job.first_ns < self._clock.now:
                self._record(job, complete=False)
            job.fail(kind)

    def _record(self, job: Job, *, complete: bool) -> None:
        job.sent = self._ledger.sent(
            self._talk,
            first_ns=job.first_ns,
            end_ns=max(job.first_ns, self._clock.now - self._channel.tcp.route.one_way_ns),
            stream=0,
            number=self._number,
            protocol="http/1.1",
            complete=complete,
            request=job.request,
            mark=job.mark,
        )
        self._number += 1

    def _at_host(self, data: bytes) -> None:
        self._server.receive_data(data)
        while True:
            event = self._server.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Request):
                self._asked = self._request(event)
                self._up = []
            elif isinstance(event, h11.Data):
                self._up.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._answer_it()

    def _request(self, event: h11.Request) -> Request:
        scheme = "https" if self._channel.encrypted else "http"
        return Request(
            event.method.decode(),
            self._talk.host.name,
            event.target.decode("ascii"),
            _text(event.headers),
            b"",
            scheme,
            self._channel.port,
        )

    def _answer_it(self) -> None:
        job, asked = self._job, self._asked
        if job is None or asked is None:
            return
        self._record(job, complete=True)
        asked = Request(
            asked.method,
            asked.host,
            asked.target,
            asked.headers,
            b"".join(self._up),
            asked.scheme,
            asked.port,
        )
        self._up = []
        response = self._talk.host.service(asked)
        self._clock.after(response.delay_s, lambda: self._respond(response))

    def _respond(self, response: Response) -> None:
        if not self._channel.alive:
            return
        headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in response.headers]
        bare = response.status in {204, 304} or response.status < 200
        framed = response.header("content-length") or response.header("transfer-encoding")
        if framed is None and not bare:
            headers.append((b"Content-Length", str(len(response.body)).encode()))
        head = h11.Response(
            status_code=response.status, headers=headers, reason=_REASONS.get(response.status, b"")
        )
        parts = [self._server.send(head) or b""]
        asked = self._asked
        if response.body and not bare and not (asked is not None and asked.method == "HEAD"):
            parts.append(self._server.send(h11.Data(response.body)) or b"")
        parts.append(self._server.send(h11.EndOfMessage()) or b"")
        if self._server.our_state is h11.DONE and self._server.their_state is h11.DONE:
            self._server.start_next_cycle()
        self._channel.send(1, b"".join(parts))

    def _at_phone(self, data: bytes) -> None:
        self._client.receive_data(data)
        while True:
            event = self._client.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return
            if isinstance(event, h11.Response):
                self._answer, self._down = event, []
            elif isinstance(event, h11.Data):
                self._down.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._finish()

    def _finish(self) -> None:
        job, answer = self._job, self._answer
        self._job = None
        if self._client.our_state is h11.DONE and self._client.their_state is h11.DONE:
            self._client.start_next_cycle()
        else:
            self._channel.close(0)
        if job is not None and answer is not None:
            body, self._down = b"".join(self._down), []
            job.finish(Response(answer.status_code, _text(answer.headers), body))


_REASONS = {
    200: b"OK",
    201: b"Created",
    204: b"No Content",
    206: b"Partial Content",
    301: b"Moved Permanently",
    302: b"Found",
    304: b"Not Modified",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    409: b"Conflict",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
}
