"""Name resolution: the phone's stub resolver with its cache, and what the world's zones answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from wirelab import dns_message
from wirelab.clock import NS
from wirelab.dns_message import Answer
from wirelab.message import App

if TYPE_CHECKING:
    from wirelab.net import Net

ZoneAnswer: TypeAlias = Callable[[str, str], list[tuple[str, str]]]
Resolved: TypeAlias = Callable[[list[str]], None]


@dataclass(frozen=True)
class _Known:
    addresses: tuple[str, ...]
    until: int


class Dns:
    """The phone asks the network's resolver by UDP, from a fresh port each time, and remembers."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._zones: dict[str, ZoneAnswer] = {}
        self._cache: dict[tuple[str, str], _Known] = {}
        self._waiting: dict[str, list[Resolved]] = {}

    def zone(self, domain: str, answer: ZoneAnswer) -> None:
        """Let `answer(name, qtype)` answer for every name under `domain`: a list of (type, value)."""
        self._zones[domain.lower()] = answer

    def forget(self) -> None:
        """A new network: the cache is emptied."""
        self._cache.clear()

    def answers(self, name: str, qtype: str) -> tuple[list[Answer], int]:
        """What the world says about a name: records and the response code."""
        host = self._net.hosts.get(name)
        if host is not None:
            made, owner = [], name
            for alias in host.aliases:
                made.append(Answer(owner, "CNAME", alias, host.ttl))
                owner = alias
            wanted = (
                [a for a in host.addresses if (":" in a) == (qtype == "AAAA")]
                if qtype in {"A", "AAAA"}
                else []
            )
            return made + [Answer(owner, qtype, address, host.ttl) for address in wanted], 0
        for domain, zone in self._zones.items():
            if name == domain or name.endswith("." + domain):
                return [Answer(name, rtype, value, 60) for rtype, value in zone(name, qtype)], 0
        return [], 3

    def resolve(self, name: str, app: App, then: Resolved) -> None:
        """Find the addresses of a name, from the cache or by asking; an empty list when there is none."""
        network = self._net.network
        known = self._cache.get((network, name))
        if known is not None and known.until > self._net.clock.now:
            self._net.clock.after(0.0002, lambda: then(list(known.addresses)))
            return
        waiting = self._waiting.setdefault(name, [])
        waiting.append(then)
        if len(waiting) > 1:
            return
        found: list[str] = []
        families = ["A"]
        host = self._net.hosts.get(name)
        if host is not None and any(":" in address for address in host.addresses):
            families.append("AAAA")
        left = len(families)

        def answered(records: list[Answer] | None) -> None:
            nonlocal left
            left -= 1
            found.extend(record.value for record in records or [] if record.rtype in {"A", "AAAA"})
            if left:
                return
            if records is not None and found:
                ttl = min((record.ttl for record in records), default=60)
                self._cache[network, name] = _Known(tuple(found), self._net.clock.now + ttl * NS)
            for told in self._waiting.pop(name, []):
                told(list(found))

        for family in families:
            self.ask(name, family, app, answered)

    def ask(
        self,
        name: str,
        qtype: str,
        app: App,
        then: Callable[[list[Answer] | None], None] | None = None,
        mark: object = None,
    ) -> None:
        """Send one question. `then` gets the records, or None when there was no answer (no network)."""
        name = name.lower()
        net = self._net
        if net.network == "none":
            net.clock.after(0.01, lambda: then(None) if then else None)
            return
        number = net.rng("dns:ids").randrange(1 << 16)
        records, rcode = self.answers(name, qtype)
        asked = dns_message.question(number, name, qtype)
        reply = dns_message.response(number, name, qtype, records, rcode)
        talk = net.udp(replace(net.resolver, name=name), net.resolver_address, 53, app)
        now = net.clock.now
        talk.send(0, asked)
        net.ledger.sent(
            talk.talk, first_ns=now, end_ns=now, stream=0, number=0, protocol="dns", payload=asked, mark=mark
        )

        def arrive() -> None:
            if then is not None:
                then(records if talk.alive else None)

        # The resolver itself needs a moment for a name that it has not seen lately.
        delay = net.rng("dns:delays").choice((0.001, 0.002, 0.018, 0.03, 0.06))
        way = talk.route.one_way_ns / NS
        net.clock.after(delay + way, lambda: talk.send(1, reply))
        net.clock.after(delay + 2 * way, arrive)
