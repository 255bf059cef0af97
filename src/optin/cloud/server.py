"""What stands before the cloud on real sockets: rate limits, the journal, and service routes beside ``/v1``.

``GET /healthz`` is 200 when the database answers; ``GET /metrics`` gives counts as Prometheus reads them,
sums over everybody; ``GET /openapi.json`` the document of all routes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

from optin.cloud.app import Cloud, Receive, Scope, Send
from optin.cloud.journal import Journal
from optin.cloud.limits import RateLimit
from optin.cloud.openapi import render_openapi
from optin.cloud.problem import Problem
from optin.cloud.routes import ROUTES

_TEXT, _JSON = b"text/plain; version=0.0.4", b"application/json"


class Front:
    """An ASGI application before the cloud: limits, journal, service routes."""

    def __init__(self, cloud: Cloud, journal: Journal, limit: RateLimit | None) -> None:
        self._cloud, self._journal, self._limit = cloud, journal, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP exchange; the life of the server is left to the server."""
        if scope["type"] != "http":
            raise ValueError("this application speaks HTTP only")
        service = {"/healthz": self._health, "/metrics": self._metrics, "/openapi.json": self._openapi}
        answer = service.get(scope["path"]) if scope["method"] == "GET" else None
        if answer is not None:
            try:
                told = answer()
            except Problem as error:
                told = error.status, b"application/problem+json", error.encode()
            await _answer(send, *told)
            return
        client = (scope.get("client") or ("", 0))[0]
        if self._limit is not None and not self._limit.admits(client, time.monotonic()):
            problem = Problem(429, "Too many requests", "Wait a moment and try again.")
            await _answer(send, 429, b"application/problem+json", problem.encode())
            return
        await self._journalled(scope, receive, send)

    async def _journalled(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status, size = time.monotonic(), 500, 0

        async def counted() -> dict[str, object]:
            nonlocal size
            event = await receive()
            size += len(event.get("body", b""))
            return dict(event)

        async def noted(event: dict[str, object]) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = int(str(event["status"]))
            await send(event)

        try:
            await self._cloud(scope, counted, noted)  # type: ignore[arg-type]
        finally:
            route = _form(scope["path"])
            spent = time.monotonic() - began
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            self._journal.note(datetime.now(UTC), method, route, status, size, spent)

    def _health(self) -> tuple[int, bytes, bytes]:
        self._cloud.store.counts()
        return 200, _JSON, b'{"status":"pass"}'

    def _metrics(self) -> tuple[int, bytes, bytes]:
        lines = [
            f'optin_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
            for (method, route, status), count in sorted(self._journal.answers.items())
        ]
        lines.append(f"optin_bytes_in_total {self._journal.bytes_in}")
        lines += [f"optin_held_{name} {count}" for name, count in self._cloud.store.counts().items()]
        return 200, _TEXT, ("\n".join(lines) + "\n").encode()

    @staticmethod
    def _openapi() -> tuple[int, bytes, bytes]:
        return 200, _JSON, json.dumps(render_openapi()).encode()


_METHODS = {route.method for route in ROUTES}
_FORMS: tuple[tuple[Callable[[str], object], str], ...] = tuple(
    (route.pattern.fullmatch, route.path) for route in ROUTES
)


def _form(path: str) -> str:
    return next((form for matches, form in _FORMS if matches(path)), "(none)")


async def _answer(send: Send, status: int, media_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
