"""How one recorder sees one TCP connection: its addresses, ports, sequence numbers, segment size and times.

The connection plans in the sender's time; a trace adds the way from the sender to its own place and renders
the packets. A recorder on the phone (a VPN that re-originates connections) sees other ports and segments than
the gateway does; that is what makes two vantages of one night.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from wirelab.community import community_id
from wirelab.packet import ACK, FIN, PSH, RST, SYN, TCP, Path
from wirelab.recorder import Frame, Life, Recorder
from wirelab.route import SEGMENT, Route

VPN_ADDRESS, VPN_ADDRESS6 = "10.215.173.1", "fd00:2:fd00:1:fd00:1:fd00:1"
_WINDOW = 2048  # times 256 by the scale option
_OPTIONS = bytes.fromhex("020405b40402080a"), bytes.fromhex("01030308")
_VPN_OPTIONS = bytes.fromhex("020426ac01030308")
_DELAYED_ACK_NS = 40_000_000


@dataclass(frozen=True)
class Fault:
    """One disturbance of a burst: the segment at `share` of it is lost or late.

    `at` is the part of the way where a lost one vanishes; `again_ns` the sender's time of the second sending
    (lost) or how much later it comes (late).
    """

    share: float
    lost: bool
    at: float
    again_ns: int


class TcpTrace:
    """One connection as one recorder sees it. Side 0 is the phone, side 1 the host."""

    __slots__ = (
        "_acked",
        "_isn",
        "_passed",
        "_paths",
        "_pending",
        "_recorder",
        "_shift",
        "_stamp",
        "_turn",
        "_upto",
        "flow",
        "life",
        "mss",
        "next",
        "ordinal",
        "vpn",
    )

    def __init__(
        self, recorder: Recorder, route: Route, sport: int, dport: int, *, rng: random.Random, life: Life
    ) -> None:
        self._recorder = recorder
        self.life = life
        self.vpn = recorder.vantage == "phone"
        client = (VPN_ADDRESS6 if ":" in route.server else VPN_ADDRESS) if self.vpn else route.client
        up = route.gateway_mac + route.client_mac if recorder.ethernet else b""
        down = route.client_mac + route.gateway_mac if recorder.ethernet else b""
        ident = rng.randrange(1 << 16), rng.randrange(1 << 16)
        self._paths = (
            Path(client, route.server, sport, dport, TCP, link=up, ttl=64, ident=ident[0]),
            Path(route.server, client, dport, sport, TCP, link=down, ttl=64 - route.hops, ident=ident[1]),
        )
        self._isn = [rng.randrange(1 << 32), rng.randrange(1 << 32)]
        self.next = list(self._isn)
        self._stamp = (rng.randrange(1 << 31), rng.randrange(1 << 31))
        far = route.one_way_ns - route.near_ns
        if self.vpn:
            self.mss, self._shift, self._turn = 9900, (0, route.one_way_ns), (150_000, 250_000)
        else:
            self.mss, self._shift = SEGMENT - (20 if ":" in route.server else 0), (route.near_ns, far)
            self._turn = (2 * far, 2 * route.near_ns)
        self._pending: list[tuple[int, Frame] | None] = [None, None]
        # What each side will have sent by when, so that an acknowledgement has the number of its own time.
        self._upto: tuple[deque[tuple[int, int]], deque[tuple[int, int]]] = (deque(), deque())
        self._passed = list(self._isn)
        self._acked = [0, 0]
        self.flow = community_id(client, route.server, TCP, sport, dport)
        self.ordinal = recorder.ordinal(self.flow)

    def seen_at(self, side: int, ns: int) -> int:
        """When a packet sent at `ns` by that side passes this recorder."""
        return ns + self._shift[side]

    def _times(self, side: int, ns: int) -> tuple[int, int] | None:
        if self.vpn:
            return None
        mine, other = self._stamp[side], self._stamp[1 - side]
        return (ns // 1_000_000 + mine) & 0xFFFFFFFF, (ns // 1_000_000 - 20 + other) & 0xFFFFFFFF

    def _emit(
        self, side: int, sent: int, flags: int, payload: bytes = b"", *, seq: int | None = None, ack: int
    ) -> Frame:
        number = self.next[side] if seq is None else seq
        data = self._paths[side].tcp(number, ack, flags, _WINDOW, payload, self._times(side, sent))
        return self._recorder.put(sent + self._shift[side], data, self.life)

    def _acknowledge(
        self, side: int, when: int, ack: int, stamp: tuple[int, int] | None, *, delayed: bool = False
    ) -> Frame:
        """An acknowledgement without data, seen here at `when`; a delayed one that is late is left out."""

        def render(ns: int) -> bytes:
            upto = self._upto[side]
            while upto and upto[0][0] <= ns:
                self._passed[side] = upto.popleft()[1]
            if delayed and self._acked[side] - ack & 0xFFFFFFFF < 1 << 31:
                return b""
            self._acked[side] = ack
            return self._paths[side].tcp(self._passed[side], ack, ACK, _WINDOW, b"", stamp)

        return self._recorder.put(when, render, self.life)

    def opening(self, sent: int, way: int, *, answered: bool = True, refused: bool = False) -> None:
        """SYN, and the answer: SYN/ACK and ACK, or a reset, or nothing."""
        up, down = self._paths
        options = self._syn_options(0, sent)
        syn = up.tcp_opening(self._isn[0], 0, SYN, 65535, options)
        self._recorder.put(sent + self._shift[0], syn, self.life)
        if refused:
            data = down.tcp(0, (self._isn[0] + 1) & 0xFFFFFFFF, RST | ACK, 0, b"", None)
            self._recorder.put(sent + way + self._shift[1], data, self.life)
        if not answered or refused:
            return
        self.next = [(self._isn[0] + 1) & 0xFFFFFFFF, (self._isn[1] + 1) & 0xFFFFFFFF]
        self._passed = list(self.next)
        self._acked = [self.next[1], self.next[0]]
        reply = down.tcp_opening(
            self._isn[1], self.next[0], SYN | ACK, 65535, self._syn_options(1, sent + way)
        )
        self._recorder.put(sent + way + self._shift[1], reply, self.life)
        self._emit(0, sent + 2 * way, ACK, ack=self.next[1])

    def _syn_options(self, side: int, sent: int) -> bytes:
        if self.vpn:
            return _VPN_OPTIONS
        value, echo = self._times(side, sent) or (0, 0)
        return _OPTIONS[0] + value.to_bytes(4, "big") + (echo if side else 0).to_bytes(4, "big") + _OPTIONS[1]

    def burst(
        self, side: int, data: bytes, times: Sequence[int], delivered: int, fault: Fault | None
    ) -> None:
        """Render a burst.

        `times` are the sender's times of its nominal segments, `delivered` the bytes that the sender has
        received so far.
        """
        sender, upto = self._paths[side], self._upto[side]
        put, life, mss = self._recorder.put, self.life, self.mss
        size = len(data)
        count = -(-size // mss)
        nominal = len(times)
        here, turn = self._shift[side], self._turn[side]
        self._void_pending(side, times[0])
        ack = (self._isn[1 - side] + 1 + delivered) & 0xFFFFFFFF
        base = self.next[side]
        self.next[side] = (base + size) & 0xFFFFFFFF
        stamp, answer_stamp = self._times(side, times[0]), self._times(1 - side, times[0])
        if fault is not None and not self.vpn:
            self._disturbed(side, data, times, ack=ack, base=base, fault=fault)
            return
        seq, last = base, count - 1
        for index in range(count):
            sent = times[index * nominal // count] + index * 1000
            payload = data[index * mss : (index + 1) * mss] if count > 1 else data
            if stamp is not None and index % 16 == 0:
                stamp, answer_stamp = self._times(side, sent), self._times(1 - side, sent + turn)
            flags = ACK | PSH if index == last else ACK
            put(sent + here, sender.tcp(seq, ack, flags, _WINDOW, payload, stamp), life)
            seq = (seq + len(payload)) & 0xFFFFFFFF
            upto.append((sent + here, seq))
            if index & 1:
                self._acknowledge(1 - side, sent + here + turn, seq, answer_stamp)
        if count & 1:
            wait = here + turn + (0 if self.vpn else _DELAYED_ACK_NS)
            when = times[-1] + last * 1000 + wait
            frame = self._acknowledge(1 - side, when, seq, answer_stamp, delayed=True)
            self._pending[1 - side] = (when - self._shift[1 - side], frame)

    def _void_pending(self, side: int, sent: int) -> None:
        """Data carries the acknowledgement that a delayed one would have carried."""
        pending = self._pending[side]
        if pending is not None and pending[0] >= sent and not self.vpn:
            pending[1].data = None
        self._pending[side] = None

    def _disturbed(
        self, side: int, data: bytes, times: Sequence[int], *, ack: int, base: int, fault: Fault
    ) -> None:
        """The slow way: a segment is lost and sent again, or overtaken; acknowledgements are repeated."""
        here, mss = self._shift[side], self.mss
        count = -(-len(data) // mss)
        odd = min(int(fault.share * count), count - 1)
        arrivals: list[tuple[int, int]] = []
        for index in range(count):
            sent = times[index * len(times) // count] + index * 1000
            payload = data[index * mss : (index + 1) * mss]
            flags = ACK | PSH if index == count - 1 else ACK
            seq = (base + index * mss) & 0xFFFFFFFF
            self._upto[side].append((sent + here, (seq + len(payload)) & 0xFFFFFFFF))
            if index != odd:
                self._emit(side, sent, flags, payload, seq=seq, ack=ack)
                arrivals.append((sent, index))
                continue
            again = fault.again_ns if fault.lost else sent + fault.again_ns
            whole = self._shift[0] + self._shift[1]
            # One lost beyond this place is seen twice. Only a burst's last one is lost there: tshark calls
            # the second sending of an inner one malformed when the record around it was complete already.
            if fault.lost and fault.at * whole > here and odd == count - 1:
                self._emit(side, sent, flags, payload, seq=seq, ack=ack)
            self._emit(side, again, flags, payload, seq=seq, ack=ack)
            arrivals.append((again, index))
        arrivals.sort()
        have, wanted = set[int](), 0
        turn = self._turn[side] + here
        for turn_number, (sent, index) in enumerate(arrivals):
            have.add(index)
            in_order = index == wanted
            while wanted in have:
                wanted += 1
            if in_order and wanted < count and turn_number & 1 == 0 and len(have) == wanted:
                continue
            upto = (base + min(wanted * mss, len(data))) & 0xFFFFFFFF
            self._acknowledge(1 - side, sent + turn, upto, self._times(1 - side, sent + turn))

    def probe(self, sent: int, way: int) -> None:
        """A keep-alive probe of the phone and its answer (RFC 9293, 3.8.4)."""
        before = (self.next[0] - 1) & 0xFFFFFFFF
        self._emit(0, sent, ACK, seq=before, ack=self.next[1])
        self._emit(1, sent + way, ACK, ack=self.next[0])

    def closing(self, side: int, sent: int, way: int) -> None:
        """FIN from that side, FIN from the other, the last acknowledgement."""
        self._void_pending(side, sent)
        self._void_pending(1 - side, sent)
        mine, other = self.next[side], self.next[1 - side]
        self._emit(side, sent, FIN | ACK, ack=other)
        self._emit(1 - side, sent + way, FIN | ACK, ack=(mine + 1) & 0xFFFFFFFF)
        self._emit(side, sent + 2 * way, ACK, seq=(mine + 1) & 0xFFFFFFFF, ack=(other + 1) & 0xFFFFFFFF)

    def reset(self, side: int, sent: int) -> None:
        """RST from that side."""
        self._void_pending(1 - side, sent)
        self._emit(side, sent, RST | ACK, ack=self.next[1 - side])
