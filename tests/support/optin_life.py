"""A phone, its agent and its cloud, in a test's hands: the clock is a list, the wire a function call."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from optin.agent.agent import Agent
from optin.agent.phone import CloudAddress, Phone
from optin.agent.storage import MemoryStorage
from optin.cloud.app import Cloud
from optin.cloud.service import CloudKeys
from optin.protocol.answer import SoftwareUpdate
from optin.protocol.catalogue import Recommendation
from optin.protocol.exchange import Request, Response

MORNING = datetime(2014, 7, 20, 8, tzinfo=UTC)
WIFI = {"network": "wifi"}
NOTHING_USED = {}
API, BACKUP = "api.vendor.example", "backup.vendor.example"
KEYS = CloudKeys(bytes(32))
ADDRESS = CloudAddress(API, BACKUP, *KEYS.public)


def ask(app: Cloud, request: Request) -> Response:
    """One exchange with the cloud, its coroutine driven by hand."""
    events = [{"type": "http.request", "body": request.body}]
    sent = []

    async def receive():
        return events.pop(0)

    async def send(event):
        sent.append(event)

    headers = [(b"host", request.host.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in request.headers]
    path, _, query = request.path.partition("?")
    scope = {"type": "http", "method": request.method, "path": path, "query_string": query.encode()}
    scope["headers"] = headers
    coroutine = app(scope, receive, send)
    with pytest.raises(StopIteration):
        coroutine.send(None)
    answered = tuple((name.decode(), value.decode()) for name, value in sent[0]["headers"])
    return Response(sent[0]["status"], answered, sent[1]["body"])


@dataclass
class Life:
    """Agent and cloud, and what went between them."""

    agent: Agent
    cloud: Cloud
    storage: MemoryStorage
    now: datetime = MORNING
    requests: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def pass_time(self, hours: float, conditions=WIFI, minutes=NOTHING_USED) -> list[Request]:
        """Let time pass in steps of ten minutes; what left in it."""
        before = len(self.requests)
        end = self.now + timedelta(hours=hours)
        while self.now < end:
            for upload in list(self.agent.due(self.now, conditions, minutes)):
                self.deliver(upload)
            self.now += timedelta(minutes=10)
        return self.requests[before:]

    def deliver(self, upload) -> Response:
        """Carry an upload to the cloud and its answer back."""
        self.requests.append(upload.request)
        answer = ask(self.cloud, upload.request)
        self.answers.append(answer)
        self.agent.answered(upload, answer, self.now)
        return answer


def make_life(seed: int = 1) -> Life:
    storage = MemoryStorage()
    agent = Agent(
        Phone("VN-2014", "KTU84P", "SERIAL0042XY"),
        ADDRESS,
        storage,
        random.Random(seed).randbytes,
    )
    update = SoftwareUpdate("5.0.2", f"https://{API}/p.zip", "ab" * 32, 1000)
    catalogue = (Recommendation("com.tinyquest.game", "Tiny Quest", "games", 0.2),)
    life = Life(agent, None, storage)
    life.cloud = Cloud(lambda: life.now, update, catalogue, KEYS)
    return life
