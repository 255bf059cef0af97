"""The cloud as one ASGI application.

In go requests, out come answers; time is handed in, nothing is read from disk.

It refuses, independently of the agent, what no consent record covers. Routes:

    GET  /v1/updates/MODEL/BUILD        the newest software (no consent: nothing about the owner is in it)
    GET  /v1/recommendations/MODEL      the catalogue, the same for everybody
    PUT  /v1/consents/ID                a consent record, before anything that needs it
    POST /v1/preferences                a preference report; header Optin-Consent: ID
    POST /v1/diagnostics                a diagnostic report, gzip'd; header Optin-Consent: ID
    PUT  /v1/chunks/NAME                a sealed chunk of a backup; header Optin-Consent: ID
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from optin.cloud.problem import Problem
from optin.cloud.store import MemoryStore
from optin.protocol.answer import Recommendation, SoftwareUpdate, encode_recommendations
from optin.protocol.chunk import HEADER_BYTES, LONGEST, PADDED_TO
from optin.protocol.consent import Consent
from optin.protocol.diagnostic import DiagnosticReport
from optin.protocol.preference import PreferenceReport

_T = TypeVar("_T")

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LONGEST_BODY = LONGEST + PADDED_TO + 1024
_SEALED_OVERHEAD = HEADER_BYTES + 17
_CHUNK_PATH = re.compile(r"/v1/chunks/([0-9a-f]{64})")
_CONSENT_PATH = re.compile(r"/v1/consents/([A-Za-z0-9-]{1,64})")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, media type and body of an answer."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Question:
    """A request as the routes see it: complete, with its time and host."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes
    now: datetime


@dataclass
class Cloud:
    """An ASGI application. ``clock`` gives the time; ``update`` and ``catalogue`` are what is published."""

    clock: Callable[[], datetime]
    update: SoftwareUpdate
    catalogue: tuple[Recommendation, ...]
    store: MemoryStore = field(default_factory=MemoryStore)

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
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _question(self, scope: Scope, receive: Receive) -> Question:
        body = bytearray()
        while True:
            event = await receive()
            if event["type"] != "http.request":
                raise Problem(400, "Cut short", "The request ended before its body did.")
            body += event.get("body", b"")
            if len(body) > _LONGEST_BODY:
                raise Problem(413, "Too large", f"A body may have at most {_LONGEST_BODY} bytes.")
            if not event.get("more_body", False):
                break
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "").rsplit(":", 1)[0].lower()
        return Question(scope["method"], host, scope["path"], headers, bytes(body), self.clock())

    def _answer(self, question: Question) -> Answer:
        path, method = question.path, question.method
        if method == "GET" and path.startswith("/v1/updates/"):
            return Answer(200, self.update.encode())
        if method == "GET" and path.startswith("/v1/recommendations/"):
            return Answer(200, encode_recommendations(self.catalogue))
        if method == "PUT" and (match := _CONSENT_PATH.fullmatch(path)):
            return self._take_consent(match[1], question)
        if method == "POST" and path == "/v1/preferences":
            return self._take_preferences(question)
        if method == "POST" and path == "/v1/diagnostics":
            return self._take_diagnostics(question)
        if method == "PUT" and (match := _CHUNK_PATH.fullmatch(path)):
            return self._take_chunk(match[1], question)
        raise Problem(404, "Not found", "There is no such resource for this method.")

    def _take_consent(self, identifier: str, question: Question) -> Answer:
        record = _parsed(Consent.parse, question.body)
        if record.id != identifier:
            raise Problem(400, "Mismatch", "The record's id differs from the one in the path.")
        try:
            self.store.consents.add(record)
        except ValueError as error:
            raise Problem(409, "Conflict", "A different record of that id exists.") from error
        return Answer(201)

    def _take_preferences(self, question: Question) -> Answer:
        report = _parsed(PreferenceReport.parse, question.body)
        self._require(question, "preference")
        self.store.add_preferences(report)
        return Answer(202)

    def _take_diagnostics(self, question: Question) -> Answer:
        report = _parsed(DiagnosticReport.parse, question.body)
        self._require(question, "identifier.serial")
        self.store.diagnostics.append(report)
        return Answer(202)

    def _take_chunk(self, name: str, question: Question) -> Answer:
        if (len(question.body) - _SEALED_OVERHEAD) % PADDED_TO or len(question.body) <= _SEALED_OVERHEAD:
            raise Problem(
                400, "Malformed", f"A chunk is padded to a multiple of {PADDED_TO} bytes before sealing."
            )
        self._require(question)
        try:
            self.store.add_chunk(name, question.body)
        except ValueError as error:
            raise Problem(409, "Conflict", "A different chunk of that name exists.") from error
        return Answer(201)

    def _require(self, question: Question, *data: str) -> None:
        record = self.store.consents.get(question.headers.get("optin-consent", ""))
        # The cloud cannot see the phone's network or battery: those conditions are the agent's to keep.
        if (
            record is None
            or not record.live(question.now, record.when)
            or not record.covers(question.host, data)
        ):
            raise Problem(403, "No consent", "No live consent record covers this upload.")


def _parsed(parse: Callable[[bytes], _T], body: bytes) -> _T:
    try:
        return parse(body)
    except ValueError as error:
        raise Problem(400, "Malformed", f"The body is refused: {error}.") from error
