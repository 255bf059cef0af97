"""A job: one request on its way, with those who wait for its end; and what a speaker offers the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from wirelab.message import App, Exchange, Failure, Headers, Request, Response, Sent, find_header


@dataclass
class Job:
    """A request with its waiters. `sent` is filled when the host has the whole of it."""

    request: Request
    app: App
    then: Callable[[Exchange], None] | None
    failed: Callable[[Failure], None] | None
    mark: object
    sent: Sent | None = None
    first_ns: int = 0
    over: bool = False
    after: Callable[[], None] | None = None

    def finish(self, response: Response) -> None:
        """The answer is there."""
        if not self.over and self.sent is not None:
            self.over = True
            if self.then is not None:
                self.then(Exchange(self.request, response, self.sent))
            self._settle()

    def fail(self, kind: str) -> None:
        """There will be no answer."""
        if not self.over:
            self.over = True
            if self.failed is not None:
                self.failed(Failure(kind, self.request))
            self._settle()

    def _settle(self) -> None:
        """Tell the pool that its place is free."""
        after, self.after = self.after, None
        if after is not None:
            after()

    def headers(self) -> list[tuple[str, str]]:
        """The headers as sent: the request's own, with Host, User-Agent and Content-Length where missing."""
        request = self.request
        given: Headers = request.headers
        made: list[tuple[str, str]] = []
        if find_header(given, "host") is None:
            usual = request.port is None or request.port == (443 if request.scheme == "https" else 80)
            made.append(("Host", request.host if usual else f"{request.host}:{request.port}"))
        if find_header(given, "user-agent") is None and self.app.user_agent:
            made.append(("User-Agent", self.app.user_agent))
        made.extend(given)
        wants = request.body or request.method in {"POST", "PUT", "PATCH"}
        if (
            wants
            and find_header(given, "content-length") is None
            and find_header(given, "transfer-encoding") is None
        ):
            made.append(("Content-Length", str(len(request.body))))
        return made


class Speaker(Protocol):
    """An HTTP version on an open channel."""

    @property
    def free(self) -> bool:
        """True when it can take a request now."""

    @property
    def idle(self) -> bool:
        """True when nothing is under way."""

    def ask(self, job: Job) -> None:
        """Send a request."""

    def lost(self, kind: str) -> None:
        """The channel ended: fail what is under way."""
