"""The phone's network side: what apps ask of it. Owner, settings and apps are the worlds' affair."""

from __future__ import annotations

from collections.abc import Callable

from wirelab.clock import NS
from wirelab.dns import Dns
from wirelab.dns_message import Answer
from wirelab.job import Job
from wirelab.message import App, Exchange, Failure, Request
from wirelab.net import NETWORKS, Net
from wirelab.pool import Pool
from wirelab.websocket import WebSocket


class Phone:
    """Fetches, asks for names, sends datagrams, changes networks."""

    def __init__(self, net: Net, dns: Dns, pool: Pool) -> None:
        self._net, self._dns, self._pool = net, dns, pool
        self.on_network: list[Callable[[str], None]] = []

    @property
    def network(self) -> str:
        """The network that it is on: "wifi", "mobile" or "none"."""
        return self._net.network

    @property
    def address(self) -> str:
        """The IPv4 address on the present network, or empty."""
        return self._net.address

    @property
    def addresses(self) -> list[str]:
        """Every address that a recorder at the home's gateway may see the phone use."""
        net = self._net
        return [net.options.wifi_address, *([net.wifi_address6] if net.options.ipv6 else [])]

    def set_network(self, network: str) -> None:
        """Change to "wifi", "mobile" or "none": every connection dies, names are forgotten."""
        if network not in NETWORKS:
            raise ValueError(f"a network is one of {', '.join(NETWORKS)}, not {network!r}")
        if network == self._net.network:
            return
        self._net.leave()
        self._net.network = network
        self._dns.forget()
        for told in self.on_network:
            told(network)

    def fetch(
        self,
        request: Request,
        app: App,
        then: Callable[[Exchange], None] | None = None,
        failed: Callable[[Failure], None] | None = None,
        mark: object = None,
    ) -> None:
        """Send a request; `then` or `failed` is called when it is over; `mark` comes back in `Sent`."""
        job = Job(request, app, then, failed, mark)
        host = self._net.hosts.get(request.host)
        if self._net.network == "none":
            self._net.clock.after(0.01, lambda: job.fail("offline"))
        elif host is None:
            self._dns.resolve(request.host, app, lambda _: job.fail("no_such_name"))
        else:
            self._pool.ask(host, job)

    def websocket(
        self,
        request: Request,
        app: App,
        opened: Callable[[WebSocket], None],
        closed: Callable[[str], None] | None = None,
        *,
        mark: object = None,
        keep_alive_s: float | None = None,
    ) -> None:
        """Open a WebSocket on a connection of its own (ALPN "http/1.1").

        `closed` is told once, when it ends or cannot be had; `keep_alive_s` makes TCP probe when idle.
        """
        net = self._net
        host = net.hosts[request.host]

        def resolved(addresses: list[str]) -> None:
            if not addresses or net.network == "none":
                over("offline" if net.network == "none" else "no_such_name")
                return
            talk = self._pool.connect(
                host, addresses, request.port_number, app, encrypted=request.scheme == "https"
            )
            channel = self._pool.channel(talk)
            channel.ended = over
            channel.refused = lambda how: net.ledger.attempt(talk.talk, channel.opened_ns, how)

            def ready() -> None:
                socket = WebSocket(channel, talk.talk, net.clock, net.ledger, net.rng("websocket keys"))
                socket.begin(Job(request, app, None, None, mark), opened)
                if keep_alive_s is not None:
                    talk.tcp.keep_alive(keep_alive_s)

            channel.open(ready, over, self._pool.session(app, host))

        def over(how: str) -> None:
            if closed is not None:
                closed(how)

        net.clock.after(0, lambda: self._dns.resolve(host.name, app, resolved))

    def query(
        self,
        name: str,
        qtype: str,
        app: App,
        then: Callable[[list[Answer] | None], None] | None = None,
        mark: object = None,
    ) -> None:
        """Ask for a name, past the cache. `then` gets the records, or None when no answer came."""
        self._dns.ask(name, qtype, app, then, mark)

    def datagram(
        self,
        host_name: str,
        port: int,
        payload: bytes,
        app: App,
        reply: bytes | None = None,
        *,
        mark: object = None,
    ) -> None:
        """Send a UDP datagram to a host (time sync, say), which answers with `reply`."""
        net = self._net
        host = net.hosts[host_name]

        def resolved(addresses: list[str]) -> None:
            four = [item for item in addresses if ":" not in item]
            if not four or net.network == "none":
                return
            talk = net.udp(host, four[0], port, app)
            now = net.clock.now
            talk.send(0, payload)
            net.ledger.sent(
                talk.talk,
                first_ns=now,
                end_ns=now,
                stream=0,
                number=0,
                protocol="udp",
                payload=payload,
                mark=mark,
            )
            if reply is not None:
                net.clock.after(talk.route.one_way_ns / NS + 0.0005, lambda: talk.send(1, reply))

        net.clock.after(0, lambda: self._dns.resolve(host_name, app, resolved))
