"""A recorder: takes frames with their times, writes a capture in order of time, streaming.

A frame may be handed in before its time (a whole burst is planned at once); it is written when the clock has
passed it, and only if the recorder is running then. The file is written beside its name with `.part` and
renamed when it is closed, so that an interrupted play leaves nothing that looks whole.
"""

from __future__ import annotations

import bisect
import heapq
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from wirelab import pcapng
from wirelab.clock import Clock

VANTAGES = ("gateway", "phone")
FLAVOURS = ("pcapng", "pcapdroid")
KEYS = ("separate", "embedded", "both", "none")


class Life:
    """How long a conversation's frames can appear: what was planned for later goes with the network."""

    __slots__ = ("app", "ends", "uid")

    def __init__(self, app: str = "", uid: int = -1) -> None:
        self.ends = 1 << 63
        self.app = app
        self.uid = uid


class Frame:
    """A frame that waits for its time; `data` set to None makes it nothing.

    `data` is the bytes, or what makes them when the time (given in nanoseconds) has come; no bytes, no frame.
    """

    __slots__ = ("data", "life")

    def __init__(self, data: bytes | Callable[[int], bytes] | None, life: Life) -> None:
        self.data = data
        self.life = life


class Recorder:
    """One capture file in the making. Made by `Lab.record`."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        name: str,
        vantage: str,
        networks: tuple[str, ...],
        flavour: str,
        keys: str,
        key_path: Path | None,
        comments: Iterable[str],
        drop: float,
        rng: random.Random,
    ) -> None:
        for value, allowed in ((vantage, VANTAGES), (flavour, FLAVOURS), (keys, KEYS)):
            if value not in allowed:
                raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
        if flavour == "pcapdroid" and keys in {"embedded", "both"}:
            raise ValueError("a classic pcap file has no room for embedded keys")
        if flavour == "pcapdroid" and vantage != "phone":
            raise ValueError("the PCAPdroid flavour is recorded on the phone")
        self.path, self.name, self.vantage, self.networks = path, name, vantage, networks
        self.running = True
        self.received = self.dropped = self.bytes_written = 0
        self._clock, self._drop, self._rng = clock, drop, rng
        self._pcapdroid = flavour == "pcapdroid"
        self._waiting: list[tuple[int, int, Frame]] = []
        self._count = 0
        self._switches: list[int] = [clock.now]
        self._ordinals: dict[str, int] = {}
        self._embed = keys in {"embedded", "both"}
        self._key_path = (key_path or path.with_name("keys.log")) if keys in {"separate", "both"} else None
        self.has_keys = keys != "none"
        self._buffer = bytearray()
        self._part = path.with_name(path.name + ".part")
        self._file: BinaryIO = self._part.open("wb")
        self._keys: BinaryIO | None = None
        if self._key_path is not None:
            self._keys = self._key_path.with_name(self._key_path.name + ".part").open("wb")
        self.ethernet = vantage == "gateway"
        self.tick_ns = 1000 if self._pcapdroid else 1
        if self._pcapdroid:
            self._buffer += pcapng.classic_header()
        else:
            described = (
                ("x86_64", "Linux 6.1", "dumpcap") if self.ethernet else ("aarch64", "Android", "PCAPdroid")
            )
            self._buffer += pcapng.section(*described, comments)
            link = pcapng.ETHERNET if self.ethernet else pcapng.RAW
            self._buffer += pcapng.interface(link, "wlan0" if self.ethernet else "tun0", 262144)
        clock.stepped.append(self.write_until)

    def put(self, ns: int, data: bytes | Callable[[int], bytes], life: Life) -> Frame:
        """Hand in a frame that appears at time `ns`; the result can be voided before its time."""
        frame = Frame(data, life)
        self._count += 1
        heapq.heappush(self._waiting, (ns, self._count, frame))
        return frame

    def write_until(self, now: int) -> None:
        """Write every frame whose time is before `now`."""
        waiting, buffer = self._waiting, self._buffer
        while waiting and waiting[0][0] < now:
            ns, _, frame = heapq.heappop(waiting)
            data = frame.data
            if data is None or ns >= frame.life.ends or not self.running_at(ns):
                continue
            if not isinstance(data, bytes):
                data = data(ns)
                if not data:
                    continue
            self.received += 1
            if self._drop and self._rng.random() < self._drop:
                self.dropped += 1
            elif self._pcapdroid:
                buffer += pcapng.classic_packet(
                    ns, pcapng.pcapdroid_frame(data, frame.life.uid, frame.life.app)
                )
            else:
                buffer += pcapng.packet(0, ns, data)
        if len(buffer) > 1 << 20:
            self._flush()

    def add_keys(self, lines: bytes) -> None:
        """Give away secrets (NSS key log lines); embedded ones stand before the packets that need them."""
        if self._keys is not None:
            self._keys.write(lines)
        if self._embed:
            self._buffer += pcapng.secrets(lines)

    def stop(self) -> None:
        """The capture goes down now; nothing is seen until `start`."""
        if self.running:
            self.running = False
            self._switches.append(self._clock.now)

    def start(self) -> None:
        """The capture goes on from now."""
        if not self.running:
            self.running = True
            self._switches.append(self._clock.now)

    def running_at(self, ns: int) -> bool:
        """True when the capture ran (or, in the future, will run unless stopped) at that time."""
        if len(self._switches) == 1:
            return ns >= self._switches[0]
        return bisect.bisect_right(self._switches, ns) % 2 == 1

    def covers(self, network: str) -> bool:
        """True when this recorder can see that network ("wifi" or "mobile") at all."""
        return network in self.networks

    def ordinal(self, flow: str) -> int:
        """The ordinal of a conversation about to open that 5-tuple; 0 for the first."""
        number = self._ordinals.get(flow, 0)
        self._ordinals[flow] = number + 1
        return number

    def close(self) -> None:
        """Write what is due, the statistics, and give the files their names."""
        now = self._clock.now
        self.write_until(now + 1)
        if not self._pcapdroid:
            # A recorder that died could not write when it began; the one that runs to the end can.
            started = self._switches[-1] if self.running else None
            self._buffer += pcapng.statistics(0, now, started, self.received, self.dropped)
        self._flush()
        self._file.close()
        self._part.replace(self.path)
        if self._keys is not None and self._key_path is not None:
            self._keys.close()
            self._key_path.with_name(self._key_path.name + ".part").replace(self._key_path)

    def abandon(self) -> None:
        """Remove what was written: the play was interrupted."""
        self._file.close()
        self._part.unlink(missing_ok=True)
        if self._keys is not None and self._key_path is not None:
            self._keys.close()
            self._key_path.with_name(self._key_path.name + ".part").unlink(missing_ok=True)

    def _flush(self) -> None:
        self._file.write(self._buffer)
        self.bytes_written += len(self._buffer)
        self._buffer.clear()
