"""A TCP connection in virtual time, planned by the burst: segments, acknowledgements, losses, closing.

Bytes given to `send` reach the other side's callback after the way's delay, in order, whole bursts at a time.
How long a burst takes follows from `nominal`, the number of application bytes, and not from the bytes on the
wire: these vary by a few from run to run with the TLS library's randomness, and times must depend on the seed
only.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from wirelab.clock import Clock, Timer
from wirelab.recorder import Life
from wirelab.route import SEGMENT, Route
from wirelab.tcp_trace import Fault, TcpTrace

_CHUNK = 256 * 1024
_WINDOW_LIMIT = 256  # segments
_PROCESSING_NS = 800_000
_IDLE_NS = 10_000_000_000


def _nothing(_: bytes) -> None:
    """A side that nobody listens on yet."""


class TcpConnection:
    """A connection of the phone (side 0) with a host (side 1). `received[side]` is told what it gets."""

    def __init__(
        self, clock: Clock, route: Route, traces: list[TcpTrace], life: Life, rng: random.Random
    ) -> None:
        self.route, self.traces, self.life = route, traces, life
        self.received: list[Callable[[bytes], None]] = [_nothing, _nothing]
        self.ended: Callable[[str], None] | None = None
        self.alive = True
        self.closing = False
        self.last_ns = clock.now
        self._clock, self._rng = clock, rng
        self._busy = [0, 0]
        self._arrived = [0, 0]
        self._delivered = [0, 0]
        self._window = [10, 10]
        self._queue: tuple[deque[tuple[bytes, int]], deque[tuple[bytes, int]]] = (deque(), deque())
        self._probe: Timer | None = None

    def open(self, opened: Callable[[], None], failed: Callable[[str], None], outage: str = "") -> None:
        """Connect. `outage` "refused" is answered by a reset, "silent" not at all."""
        way = self.route.one_way_ns
        now = self._clock.now
        if outage:
            repeats = (0, 1, 3, 7) if outage == "silent" else (0,)
            for seconds in repeats:
                for trace in self.traces:
                    trace.opening(
                        now + seconds * 1_000_000_000, way, answered=False, refused=outage == "refused"
                    )
            wait = 15.0 if outage == "silent" else 2 * way / 1e9
            self._clock.after(wait, lambda: self._fail(failed, "refused"))
            return
        if self._rng.random() < self.route.loss:
            for trace in self.traces:
                if not trace.vpn:
                    trace.opening(now, way, answered=False)
            now += 1_000_000_000
        for trace in self.traces:
            trace.opening(now, way)
        self._busy = [now + 2 * way + 50_000, now + 3 * way + 100_000]
        self._clock.at(now + 2 * way + 50_000, lambda: opened() if self.alive else failed("network_lost"))

    def _fail(self, failed: Callable[[str], None], kind: str) -> None:
        self.alive = False
        failed(kind)

    def send(self, side: int, data: bytes, nominal: int) -> int:
        """Send bytes from a side; the result is the sender's time of the first of them.

        `nominal` is the number of application bytes in it (0 for pure handshake).
        """
        start = max(self._clock.now, self._busy[side])
        if not self.alive or self.closing or not data:
            return start
        queue = self._queue[side]
        waiting = bool(queue)
        for offset in range(0, len(data), _CHUNK):
            part = data[offset : offset + _CHUNK]
            queue.append((part, max(1, nominal * len(part) // len(data))))
        if not waiting:
            self._plan(side)
        return start

    def _plan(self, side: int) -> None:
        """Put the queue's first chunk on the wire and come back when its last segment has been sent."""
        data, nominal = self._queue[side][0]
        route, rng = self.route, self._rng
        start = max(self._clock.now, self._busy[side])
        if start - self._busy[side] > _IDLE_NS:
            self._window[side] = 10
        times = self._pace(side, start, -(-nominal // SEGMENT))
        way, end = route.one_way_ns, times[-1]
        fault = self._fault(side, times, rng)
        arrived = end + way + _PROCESSING_NS
        if fault is not None:
            again = fault.again_ns if fault.lost else end + fault.again_ns
            arrived = max(arrived, again + way + _PROCESSING_NS)
            end = max(end, again) if fault.lost else end
        for trace in self.traces:
            trace.burst(side, data, times, self._delivered[1 - side], fault)
        self._busy[side] = end + route.gap(side)
        self._arrived[side] = arrived = max(arrived, self._arrived[side] + 1)
        self.last_ns = arrived
        self._clock.at(arrived, lambda: self._deliver(side, data))
        self._clock.at(self._busy[side], lambda: self._sent(side))

    def _sent(self, side: int) -> None:
        self._queue[side].popleft()
        if self._queue[side] and self.alive:
            self._plan(side)

    def _pace(self, side: int, start: int, count: int) -> list[int]:
        """The sender's times of so many segments: windows double each round trip until the link is full."""
        gap, round_trip = self.route.gap(side), 2 * self.route.one_way_ns
        window = self._window[side]
        times: list[int] = []
        while True:
            take = min(window, count)
            times.extend(range(start, start + take * gap, gap))
            count -= take
            window = min(window * 2, _WINDOW_LIMIT) if take == window else window
            if not count:
                self._window[side] = window
                return times
            start = max(start + take * gap, start + round_trip)

    def _fault(self, side: int, times: list[int], rng: random.Random) -> Fault | None:
        draw, share, place = rng.random(), rng.random(), rng.random()
        count, route = len(times), self.route
        lost = 1 - (1 - route.loss) ** count
        if draw < lost:
            index = int(share * count)
            quick = index + 3 < count
            again = times[index + 3] if quick else times[-1] + 200_000_000
            return Fault(share, lost=True, at=place, again_ns=again + 2 * route.one_way_ns)
        if count > 2 and draw < lost + 1 - (1 - route.reorder) ** count:
            return Fault(share, lost=False, at=place, again_ns=route.gap(side) + 60_000)
        return None

    def _deliver(self, side: int, data: bytes) -> None:
        if self.alive:
            self._delivered[side] += len(data)
            self.received[1 - side](data)

    def keep_alive(self, seconds: float) -> None:
        """Probe the other side whenever nothing was sent for so long."""

        def look() -> None:
            if not self.alive or self.closing:
                return
            idle = self._clock.now - self.last_ns
            if idle >= seconds * 1e9 - 1:
                for trace in self.traces:
                    trace.probe(self._clock.now, self.route.one_way_ns)
                self.last_ns = self._clock.now
                idle = 0
            self._probe = self._clock.after(seconds - idle / 1e9, look)

        self._probe = self._clock.after(seconds, look)

    def close(self, side: int) -> None:
        """Close in order from that side, after what was sent."""
        if not self.alive or self.closing:
            return
        self.closing = True
        way = self.route.one_way_ns
        sent = max(self._clock.now, *self._busy, *self._arrived)
        for trace in self.traces:
            trace.closing(side, sent, way)
        self._clock.at(sent + 2 * way, lambda: self._end("closed"))

    def reset(self, side: int) -> None:
        """Break off from that side."""
        if self.alive:
            for trace in self.traces:
                trace.reset(side, max(self._clock.now, self._busy[side]))
            self._clock.at(self._clock.now, lambda: self._end("closed"))

    def kill(self) -> None:
        """The network under it is gone: nothing more is seen of it."""
        if self.alive:
            self.life.ends = self._clock.now
            self._end("network_lost")

    def _end(self, how: str) -> None:
        if self.alive:
            self.alive = False
            if self._probe is not None:
                self._probe.cancel()
            if self.ended is not None:
                self.ended(how)
