"""A small laboratory to play with, and a reader of what it wrote."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wirelab.lab import App, Attempt, Exchange, Failure, Lab, LabOptions, Request, Response, Sent

APP = App("com.vendor.cloud", 10057, "VendorCloud/5.1")
START = datetime(2014, 7, 20, tzinfo=UTC)


@dataclass
class Story:
    """A laboratory with everything that was told about it."""

    lab: Lab
    folder: Path
    app: App = APP
    sent: list[Sent] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    answers: list[Exchange] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def cloud(self, request: Request) -> Response:
        """Remember the request, echo its body."""
        self.asked.append(request)
        return Response(200, (("Content-Type", "application/octet-stream"),), request.body)

    def fetch(
        self, host: str, body: bytes = b"", target: str = "/", scheme: str = "https", mark: object = None
    ) -> None:
        """Post (or get, without a body) and remember how it ended."""
        request = Request("POST" if body else "GET", host, target, (), body, scheme)
        self.lab.phone.fetch(request, self.app, self.answers.append, self.failures.append, mark)

    def run(self, seconds: float = 60) -> None:
        """Let time pass."""
        self.lab.run(self.lab.clock.now + int(seconds * 1e9))


def _stories(root: Path) -> Iterator[Callable[..., Story]]:
    made: list[Story] = []

    def make(seed: int = 7, folder: str = ".", **options: object) -> Story:
        place = root / folder
        place.mkdir(exist_ok=True)
        options.setdefault("loss", 0.0)
        options.setdefault("reorder", 0.0)
        story = Story(Lab(seed, START, LabOptions(**options)), place)  # type: ignore[arg-type]
        story.lab.on_sent.append(story.sent.append)
        story.lab.on_attempt.append(story.attempts.append)
        made.append(story)
        return story

    yield make
    for story in made:
        story.lab.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Story]]:
    """Makes stories; each is closed at the end unless the test did it."""
    yield from _stories(tmp_path)


@pytest.fixture(scope="module")
def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Story]]:
    """As `stage`, for a story that all tests of a file look at."""
    yield from _stories(tmp_path_factory.mktemp("story"))


@dataclass(frozen=True)
class Packet:
    """A TCP or UDP packet read back from a capture. Ports and addresses as text and numbers."""

    ns: int
    src: str
    dst: str
    proto: int
    sport: int
    dport: int
    seq: int
    flags: int
    payload: bytes
    frame: bytes


def read_blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """The blocks of a little-endian pcapng file: type and body."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        assert size % 4 == 0
        assert struct.unpack_from("<I", data, at + size - 4)[0] == size
        yield kind, data[at + 8 : at + size - 4]
        at += size
    assert at == len(data)


def read_packets(path: Path) -> list[Packet]:
    """The TCP and UDP packets of an Ethernet pcapng file, in file order."""
    packets = []
    for kind, body in read_blocks(path):
        if kind != 6:
            continue
        _, high, low, size, whole = struct.unpack_from("<IIIII", body)
        assert size == whole
        packet = parse_frame((high << 32) | low, body[20 : 20 + size])
        if packet is not None:
            packets.append(packet)
    return packets


def parse_frame(ns: int, frame: bytes) -> Packet | None:
    """An Ethernet frame as a packet, or None for what is neither TCP nor UDP."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800:
        proto, start = frame[23], 34
        src, dst = (".".join(map(str, frame[at : at + 4])) for at in (26, 30))
        end = 14 + struct.unpack_from("!H", frame, 16)[0]
    elif kind == 0x86DD:
        proto, start = frame[20], 54
        src, dst = frame[22:38].hex(), frame[38:54].hex()
        end = 54 + struct.unpack_from("!H", frame, 18)[0]
    else:
        return None
    sport, dport = struct.unpack_from("!HH", frame, start)
    if proto == 17:
        return Packet(ns, src, dst, proto, sport, dport, 0, 0, frame[start + 8 : end], frame)
    seq = struct.unpack_from("!I", frame, start + 4)[0]
    head = (frame[start + 12] >> 4) * 4
    return Packet(ns, src, dst, proto, sport, dport, seq, frame[start + 13], frame[start + head : end], frame)


def reassemble(packets: list[Packet], sport: int, dport: int) -> bytes:
    """The bytes of one direction by sequence number; overlapping bytes must agree, holes must not be."""
    stream: dict[int, int] = {}
    base = 0
    for packet in packets:
        if (packet.sport, packet.dport) != (sport, dport):
            continue
        if packet.flags & 2:
            base = packet.seq + 1
        for index, byte in enumerate(packet.payload):
            at = (packet.seq - base + index) & 0xFFFFFFFF
            assert stream.setdefault(at, byte) == byte
    assert sorted(stream) == list(range(len(stream)))
    return bytes(stream[at] for at in range(len(stream)))


@pytest.fixture
def reader() -> object:
    """The reading functions, for test files (which cannot import one another)."""

    class Reader:
        blocks = staticmethod(read_blocks)
        packets = staticmethod(read_packets)
        parse = staticmethod(parse_frame)
        stream = staticmethod(reassemble)

    return Reader


@pytest.fixture
def later() -> Callable[[float], datetime]:
    """A moment so many seconds after the start."""
    return lambda seconds: START + timedelta(seconds=seconds)
