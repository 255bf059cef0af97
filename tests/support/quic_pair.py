"""Two ends of QUIC by aioquic, and a capture of their datagrams that a test may bend: drop, swap, move."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address

from aioquic.buffer import Buffer
from aioquic.h3.connection import H3Connection
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import QuicEvent
from aioquic.quic.packet import encode_quic_retry, pull_quic_header
from aioquic.tls import SessionTicket
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PHONE, CLOUD = ("10.9.0.1", 40_000), ("198.51.100.7", 443)
EPOCH = 1_400_000_000


@dataclass(frozen=True)
class Datagram:
    """One datagram on the wire; `up` when the phone sent it."""

    up: bool
    data: bytes
    phone: tuple[str, int] = PHONE


def _identity():
    key = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cloud.example")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(datetime(2014, 1, 1, tzinfo=UTC))
    return builder.not_valid_after(datetime(2034, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256()), key


@dataclass
class QuicPair:
    """A phone and a cloud that speak; `wire` is what went between them."""

    alpn: str = "h3"
    settings: dict[str, object] = field(default_factory=dict)
    server_settings: dict[str, object] = field(default_factory=dict)
    answer: Callable[[QuicPair, QuicEvent], None] = lambda _pair, _event: None
    #: The cloud asks for a second hello first (RFC 9000 section 8.1.2).
    retries: bool = False
    #: Tickets that the cloud remembers; give those of an earlier pair to go on with its sessions.
    known: dict[bytes, SessionTicket] = field(default_factory=dict)
    #: What the phone says before it hears an answer: (path, body) of requests.
    early: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = io.StringIO()
        certificate, key = _identity()
        shared = {
            "alpn_protocols": [self.alpn],
            "secrets_log_file": self.log,
            "verify_mode": 0,
            **self.settings,
        }
        ours = QuicConfiguration(is_client=True, server_name="cloud.example", **shared)
        theirs = QuicConfiguration(
            is_client=False, certificate=certificate, private_key=key, **{**shared, **self.server_settings}
        )
        self.tickets: list[SessionTicket] = []
        self.client = QuicConnection(configuration=ours, session_ticket_handler=self.tickets.append)
        self.wire: list[Datagram] = []
        self.phone, self.now = PHONE, 0.0
        self.client.connect(CLOUD, now=self.now)
        first = self.client.original_destination_connection_id
        source = self._retry(first) if self.retries else None
        self.server = QuicConnection(
            configuration=theirs,
            original_destination_connection_id=first,
            retry_source_connection_id=source,
            session_ticket_fetcher=self.known.get,
            session_ticket_handler=lambda ticket: self.known.update({ticket.ticket: ticket}),
        )
        for path, body in self.early:
            self.ask(path, body)
        self.run()

    def ask(self, path: str, body: bytes, **headers: str) -> int:
        """A request, where the pair speaks a protocol that has them."""
        raise NotImplementedError

    def _retry(self, first: bytes) -> bytes:
        """Answers the first hello by a Retry; the id that the client is to use then."""
        for data, _ in self.client.datagrams_to_send(self.now):
            self.wire.append(Datagram(True, data, self.phone))
            source = pull_quic_header(Buffer(data=data)).source_cid
        own = b"retried!"
        data = encode_quic_retry(1, own, source, first, b"a token of the cloud")
        self.wire.append(Datagram(False, data, self.phone))
        self.client.receive_datagram(data, CLOUD, now=self.now)
        return own

    def run(self) -> None:
        """Let both ends speak until neither has more to say."""
        while self._flight(True) + self._flight(False):
            pass

    def _flight(self, up: bool) -> int:
        """What one side has to say now, delivered; how many datagrams that were."""
        self.now += 0.01
        one, other = (self.client, self.server) if up else (self.server, self.client)
        batch = [data for data, _ in one.datagrams_to_send(self.now)]
        for data in batch:
            self.wire.append(Datagram(up, data, self.phone))
            other.receive_datagram(data, self.phone if up else CLOUD, now=self.now)
        while (event := self.server.next_event()) is not None:
            self.answer(self, event)
        while self.client.next_event() is not None:
            pass
        return len(batch)

    @property
    def keys(self) -> bytes:
        """The key log."""
        return self.log.getvalue().encode()


class Web(QuicPair):
    """The same with HTTP/3 on top: the cloud answers each request with its body."""

    def __post_init__(self) -> None:
        self.sides: tuple[H3Connection, H3Connection] | None = None
        self.parts: dict[int, bytes] = {}
        self.answer = Web._serve
        super().__post_init__()

    def _both(self) -> tuple[H3Connection, H3Connection]:
        if self.sides is None:
            self.sides = (H3Connection(self.client), H3Connection(self.server))
        return self.sides

    def ask(self, path: str, body: bytes, **headers: str) -> int:
        """A request; returns its stream."""
        stream = self.client.get_next_available_stream_id()
        fields = [(":method", "POST"), (":scheme", "https"), (":authority", "cloud.example"), (":path", path)]
        fields += [(name.replace("_", "-"), value) for name, value in headers.items()]
        web = self._both()[0]
        web.send_headers(stream, [(name.encode(), value.encode()) for name, value in fields])
        web.send_data(stream, body, end_stream=True)
        return stream

    @staticmethod
    def _serve(pair: QuicPair, event: QuicEvent) -> None:
        assert isinstance(pair, Web)
        web = pair._both()[1]
        for said in web.handle_event(event):
            pair.parts[said.stream_id] = pair.parts.get(said.stream_id, b"") + getattr(said, "data", b"")
            if said.stream_ended:
                web.send_headers(said.stream_id, [(b":status", b"200"), (b"content-type", b"text/plain")])
                web.send_data(said.stream_id, pair.parts[said.stream_id], end_stream=True)


def pcap(wire: Iterable[Datagram]) -> bytes:
    """The datagrams as a capture of raw IP packets, a millisecond apart."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 101)
    for number, datagram in enumerate(wire):
        source, target = (datagram.phone, CLOUD) if datagram.up else (CLOUD, datagram.phone)
        udp = struct.pack(">HHHH", source[1], target[1], 8 + len(datagram.data), 0) + datagram.data
        addresses = ip_address(source[0]).packed + ip_address(target[0]).packed
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + addresses + udp
        out += struct.pack("<IIII", EPOCH + number // 1000, number % 1000 * 1000, len(ip), len(ip)) + ip
    return out
