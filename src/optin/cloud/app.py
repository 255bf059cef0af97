"""The cloud as one ASGI application.

In go requests, out come answers; time is handed in, the store is handed in, and nothing else is touched. It
refuses, independently of the agent, what no consent record covers. Routes: :mod:`optin.cloud.routes`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from optin.cloud.count_noise import opendp_count_noise
from optin.cloud.exchange import Answer, Question
from optin.cloud.popularity import CountNoise
from optin.cloud.problem import Problem
from optin.cloud.routes import ROUTES, Route
from optin.cloud.service import CloudKeys, Service
from optin.cloud.store import Store
from optin.protocol.answer import SoftwareUpdate
from optin.protocol.catalogue import Recommendation
from optin.protocol.chunk import LONGEST, PADDED_TO

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LONGEST_BODY = LONGEST + PADDED_TO + 1024
_GROWING = ("POST", "PATCH")
_MATCHERS = tuple((route.pattern, route) for route in ROUTES)


@dataclass
class Cloud:
    """An ASGI application. ``clock`` gives the time; ``update`` and ``catalogue`` are what is published."""

    clock: Callable[[], datetime]
    update: SoftwareUpdate | None
    catalogue: tuple[Recommendation, ...]
    keys: CloudKeys
    store: Store = field(default_factory=Store)
    repository: Path | None = None
    noise: CountNoise = opendp_count_noise
    kept: dict[str, bytes] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP exchange."""
        if scope["type"] != "http":
            raise ValueError(f"the cloud speaks HTTP only, not {scope['type']}")
        try:
            answer = self._answer(await self._question(scope, receive))
        except Problem as problem:
            answer = Answer(problem.status, problem.encode(), "application/problem+json")
        headers = [
            (b"content-type", answer.media_type.encode()),
            (b"content-length", str(len(answer.body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in answer.headers),
        ]
        if answer.status == 204:
            headers = headers[2:]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _question(self, scope: Scope, receive: Receive) -> Question:
        body, cut, more = bytearray(), False, True
        while more and not cut:
            event = await receive()
            cut = event["type"] != "http.request"
            body += event.get("body", b"")
            more = event.get("more_body", False)
            if len(body) > _LONGEST_BODY:
                raise Problem(413, "Too large", f"A body may have at most {_LONGEST_BODY} bytes.")
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "").rsplit(":", 1)[0].lower()
        try:
            pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), max_num_fields=8)
        except ValueError as error:
            raise Problem(400, "Malformed", "The query has too many parts.") from error
        path, method = scope["path"], scope["method"]
        return Question(method, host, path, dict(pairs), headers, bytes(body), self.clock(), cut)

    def _answer(self, question: Question) -> Answer:
        route, parts = _find(question)
        if question.cut and not (route.path == "/v1/chunks/{name}" and question.method in _GROWING):
            raise Problem(400, "Cut short", "The request ended before its body did.")
        service = Service(
            self.store, self.keys, self.update, self.catalogue, self.repository, self.noise, self.kept
        )
        return route.act(service, question, *parts)


def _find(question: Question) -> tuple[Route, tuple[str, ...]]:
    others = []
    for pattern, route in _MATCHERS:
        match = pattern.fullmatch(question.path)
        if match and route.method == question.method:
            return route, match.groups()
        if match:
            others.append(route.method)
    if others:
        raise Problem(405, "Wrong method", f"This resource knows {', '.join(others)}.")
    raise Problem(404, "Not found", "There is no such resource.")
