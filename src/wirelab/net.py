"""The network around the phone: which one it is on, its addresses, the hosts, and conversations across it."""

from __future__ import annotations

import random
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from wirelab.clock import Clock
from wirelab.host import Host
from wirelab.ledger import Conversation, Ledger
from wirelab.message import App
from wirelab.options import LabOptions
from wirelab.packet import mac
from wirelab.recorder import Life, Recorder
from wirelab.route import SEGMENT, Route
from wirelab.tcp import TcpConnection
from wirelab.tcp_trace import TcpTrace
from wirelab.udp_trace import UdpTrace

NETWORKS = ("wifi", "mobile", "none")
_PORTS = range(32768, 61000)


@dataclass
class TcpTalk:
    """A TCP connection with its views."""

    tcp: TcpConnection
    talk: Conversation
    recorders: list[Recorder]


class UdpTalk:
    """A UDP conversation. Datagrams are recorded; who gets them is the caller's affair."""

    def __init__(
        self, clock: Clock, route: Route, talk: Conversation, traces: list[UdpTrace], life: Life
    ) -> None:
        self.route, self.talk, self.life = route, talk, life
        self._clock, self._traces = clock, traces

    @property
    def alive(self) -> bool:
        """False once the network under it has gone."""
        return self._clock.now < self.life.ends

    def send(self, side: int, payload: bytes, later_ns: int = 0) -> None:
        """Send a datagram from a side, now or a little later."""
        if self.alive:
            for trace in self._traces:
                trace.emit(side, self._clock.now + later_ns, payload)


class Net:
    """The state that phone, resolver and surroundings share."""

    def __init__(self, seed: int, clock: Clock, options: LabOptions, resolver: Host) -> None:
        self.seed, self.clock, self.options = seed, clock, options
        self.ledger = Ledger()
        self.hosts: dict[str, Host] = {}
        self.recorders: list[Recorder] = []
        self.network = "wifi"
        self.resolver = resolver
        self._rngs: dict[str, random.Random] = {}
        self._lives: list[Life] = []
        self._connections: list[TcpConnection] = []
        self._leavers: list[weakref.WeakMethod[Callable[[], None]]] = []
        self._count = 0
        rng = self.rng("addresses of the phone")
        self.mobile_address = f"10.{rng.randrange(32, 200)}.{rng.randrange(256)}.{rng.randrange(2, 254)}"
        self.mobile_resolver = "172.24.208.1"
        home, away = (":".join(f"{rng.randrange(4096, 65535):x}" for _ in range(6)) for _ in range(2))
        self._v6 = {"wifi": f"2a02:8108:{home}", "mobile": f"2a00:20:{away}"}
        self._ports: dict[str, list[int]] = {}

    def rng(self, name: str) -> random.Random:
        """The random numbers of that name; each has its own, so that worlds do not disturb one another."""
        if name not in self._rngs:
            self._rngs[name] = random.Random(f"{self.seed}:{name}")
        return self._rngs[name]

    @property
    def address(self) -> str:
        """The phone's IPv4 address on its network, or empty."""
        return {"wifi": self.options.wifi_address, "mobile": self.mobile_address}.get(self.network, "")

    @property
    def address6(self) -> str:
        """The phone's IPv6 address, or empty."""
        return self._v6.get(self.network, "") if self.options.ipv6 else ""

    @property
    def wifi_address6(self) -> str:
        """The phone's IPv6 address at home."""
        return self._v6["wifi"]

    @property
    def resolver_address(self) -> str:
        """The name server that the network gave."""
        return self.options.gateway_address if self.network == "wifi" else self.mobile_resolver

    def port(self, what: str) -> int:
        """A port that was not used for a long time."""
        ports = self._ports.get(what)
        if not ports:
            ports = list(_PORTS)
            self.rng(f"ports:{what}").shuffle(ports)
            self._ports[what] = ports
        return ports.pop()

    def route(self, host: Host, address: str) -> Route:
        """The way to a host on the present network.

        Raises:
            ValueError: when there is no network.
        """
        options = self.options
        if self.network == "none":
            raise ValueError("there is no way without a network")
        wifi = self.network == "wifi"
        near = options.wifi_delay_s if wifi else options.mobile_delay_s
        local = wifi and address == options.gateway_address
        far = 0.0002 if local else host.one_way_s
        up, down = options.wifi_mbit if wifi else options.mobile_mbit
        bits = (SEGMENT + 66) * 8
        return Route(
            self.network,
            self.address6 if ":" in address else self.address,
            address,
            int((near + far) * 1e9),
            int(near * 1e9),
            int(bits / up * 1000),
            int(bits / down * 1000),
            options.loss,
            options.reorder,
            mac(options.phone_mac),
            mac(options.gateway_mac),
            0 if local else 8 + sum(address.encode()) % 11,
        )

    def _begin(self, app: App) -> tuple[random.Random, Life, list[Recorder]]:
        self._count += 1
        life = Life(app.name, app.uid)
        self._lives.append(life)
        if len(self._lives) > 4096:
            self._lives = self._lives[-2048:]
        recorders = [item for item in self.recorders if item.covers(self.network)]
        return random.Random(f"{self.seed}:conversation:{self._count}"), life, recorders

    def tcp(self, host: Host, address: str, port: int, app: App, *, encrypted: bool) -> TcpTalk:
        """A new TCP connection, not yet opened."""
        rng, life, recorders = self._begin(app)
        route = self.route(host, address)
        traces = [
            TcpTrace(item, route, self.port(f"tcp:{item.vantage}"), port, rng=rng, life=life)
            for item in recorders
        ]
        connection = TcpConnection(self.clock, route, traces, life, rng)
        self._connections = [item for item in self._connections if item.alive]
        self._connections.append(connection)
        views = tuple(zip(recorders, traces, strict=True))
        talk = Conversation(host, address, port, self.network, app, encrypted, views)
        return TcpTalk(connection, talk, recorders)

    def udp(self, host: Host, address: str, port: int, app: App, *, encrypted: bool = False) -> UdpTalk:
        """A new UDP conversation."""
        rng, life, recorders = self._begin(app)
        route = self.route(host, address)
        traces = [
            UdpTrace(item, route, self.port(f"udp:{item.vantage}"), port, rng=rng, life=life)
            for item in recorders
        ]
        views = tuple(zip(recorders, traces, strict=True))
        talk = Conversation(host, address, port, self.network, app, encrypted, views)
        return UdpTalk(self.clock, route, talk, traces, life)

    def on_leave(self, told: Callable[[], None]) -> None:
        """Tell a conversation's bound method when the network goes; forgotten ones drop out by themselves."""
        self._leavers = [item for item in self._leavers if item() is not None]
        self._leavers.append(weakref.WeakMethod(told))

    def leave(self) -> None:
        """The network goes: every conversation on it ends without a word."""
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.kill()
        for life in self._lives:
            life.ends = min(life.ends, self.clock.now)
        self._lives = []
        leavers, self._leavers = self._leavers, []
        for leaver in leavers:
            told = leaver()
            if told is not None:
                told()
