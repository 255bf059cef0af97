"""How one recorder sees one UDP conversation."""

from __future__ import annotations

import random

from wirelab.community import community_id
from wirelab.packet import UDP, Path
from wirelab.recorder import Life, Recorder
from wirelab.route import Route
from wirelab.tcp_trace import VPN_ADDRESS, VPN_ADDRESS6


class UdpTrace:
    """One conversation as one recorder sees it. Side 0 is the phone, side 1 the host."""

    __slots__ = ("_paths", "_recorder", "_shift", "flow", "life", "ordinal")

    def __init__(
        self, recorder: Recorder, route: Route, sport: int, dport: int, *, rng: random.Random, life: Life
    ) -> None:
        self._recorder, self.life = recorder, life
        vpn = recorder.vantage == "phone"
        client = (VPN_ADDRESS6 if ":" in route.server else VPN_ADDRESS) if vpn else route.client
        up = route.gateway_mac + route.client_mac if recorder.ethernet else b""
        down = route.client_mac + route.gateway_mac if recorder.ethernet else b""
        one, two = rng.randrange(1 << 16), rng.randrange(1 << 16)
        self._paths = (
            Path(client, route.server, sport, dport, UDP, link=up, ttl=64, ident=one),
            Path(route.server, client, dport, sport, UDP, link=down, ttl=64 - route.hops, ident=two),
        )
        self._shift = (0, route.one_way_ns) if vpn else (route.near_ns, route.one_way_ns - route.near_ns)
        self.flow = community_id(client, route.server, UDP, sport, dport)
        self.ordinal = recorder.ordinal(self.flow)

    def seen_at(self, side: int, ns: int) -> int:
        """When a datagram sent at `ns` by that side passes this recorder."""
        return ns + self._shift[side]

    def emit(self, side: int, sent: int, payload: bytes) -> None:
        """A datagram sent by that side at that time."""
        self._recorder.put(sent + self._shift[side], self._paths[side].udp(payload), self.life)
