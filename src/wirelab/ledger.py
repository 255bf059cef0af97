"""The ledger: who is told about everything that left the phone, and how each recorder saw it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from wirelab.host import Host
from wirelab.message import App, Attempt, Request, Seen, Sent
from wirelab.recorder import Recorder


class Trace(Protocol):
    """What the ledger asks of a conversation as one recorder sees it."""

    flow: str
    ordinal: int

    def seen_at(self, side: int, ns: int) -> int:
        """When a packet sent by that side at `ns` passes the recorder."""


@dataclass(frozen=True)
class Conversation:
    """A transport conversation with all its recorders' views."""

    host: Host
    address: str
    port: int
    network: str
    app: App
    encrypted: bool
    views: tuple[tuple[Recorder, Trace], ...]


class Ledger:
    """Makes `Sent` and `Attempt` records and hands them to every listener."""

    def __init__(self) -> None:
        self.on_sent: list[Callable[[Sent], None]] = []
        self.on_attempt: list[Callable[[Attempt], None]] = []

    @staticmethod
    def _seen(talk: Conversation, first_ns: int, end_ns: int) -> Iterable[Seen]:
        for recorder, trace in talk.views:
            first, end = trace.seen_at(0, first_ns), trace.seen_at(0, end_ns)
            if recorder.running_at(first):
                readable = not talk.encrypted or (recorder.has_keys and not talk.host.pinned)
                first -= first % recorder.tick_ns
                yield Seen(
                    recorder.name, trace.flow, trace.ordinal, first, recorder.running_at(end), readable
                )

    def sent(
        self,
        talk: Conversation,
        *,
        first_ns: int,
        end_ns: int,
        stream: int,
        number: int,
        protocol: str,
        complete: bool = True,
        request: Request | None = None,
        payload: bytes = b"",
        mark: object = None,
    ) -> Sent:
        """Record something that left the phone between two of the phone's times."""
        seen = tuple(self._seen(talk, first_ns, end_ns))
        if talk.views:
            recorder, trace = talk.views[0]
            flow, ordinal, time_ns = trace.flow, trace.ordinal, trace.seen_at(0, first_ns)
            time_ns -= time_ns % recorder.tick_ns
        else:
            flow, ordinal, time_ns = "", 0, first_ns
        record = Sent(
            time_ns,
            flow,
            ordinal,
            stream,
            number,
            protocol,
            talk.host.name,
            talk.address,
            talk.port,
            talk.host.country,
            talk.network,
            talk.app,
            talk.host.pinned,
            bool(seen),
            any(item.readable for item in seen),
            complete,
            seen,
            request,
            payload,
            mark,
        )
        for told in self.on_sent:
            told(record)
        return record

    def attempt(self, talk: Conversation, ns: int, how: str) -> None:
        """Record a connection that the app gave up because its interception was refused."""
        flow, ordinal = (talk.views[0][1].flow, talk.views[0][1].ordinal) if talk.views else ("", 0)
        record = Attempt(
            ns, flow, ordinal, talk.host.name, talk.address, talk.host.country, talk.network, talk.app, how
        )
        for told in self.on_attempt:
            told(record)
