"""HTTP/3 connections around HTTP exchanges: aioquic on both sides, with its key log."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from aioquic.h3.connection import H3Connection
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from traffic import Exchange

PHONE, SERVER = ("192.168.1.23", 20_000), ("198.18.0.0", 443)
WINDOW = 64 << 20
DATAGRAM = 1350


class QuicPair:
    """A client's and a server's settings, and the key log that they write."""

    def __init__(self, keys: Path) -> None:
        self._keys = keys
        self._log = io.StringIO()
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "benchmark.example")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(1).not_valid_before(datetime(2014, 1, 1, tzinfo=UTC))
        builder = builder.not_valid_after(datetime(2044, 1, 1, tzinfo=UTC))
        self._identity = {"certificate": builder.sign(key, hashes.SHA256()), "private_key": key}

    def _settings(self, *, client: bool, host: str) -> QuicConfiguration:
        return QuicConfiguration(
            is_client=client,
            alpn_protocols=["h3"],
            secrets_log_file=self._log if client else None,
            server_name=host if client else None,
            verify_mode=0,  # the benchmark's own certificate
            max_data=WINDOW,
            max_stream_data=WINDOW,
            max_datagram_size=DATAGRAM,
            **({} if client else self._identity),
        )

    def datagrams(self, host: str, exchanges: list[Exchange]) -> list[tuple[bool, bytes]]:
        """The datagrams of one connection, `(up, bytes)`."""
        client = QuicConnection(configuration=self._settings(client=True, host=host))
        first = client.original_destination_connection_id
        server = QuicConnection(
            configuration=self._settings(client=False, host=host), original_destination_connection_id=first
        )
        wire: list[tuple[bool, bytes]] = []
        now = 0.0

        def settle() -> None:
            """Both sides speak until neither has more to say."""
            nonlocal now
            silent = 0
            while silent < 2:
                for up, one, other in ((True, client, server), (False, server, client)):
                    now += 0.0001
                    batch = one.datagrams_to_send(now) if up or wire else []
                    for data, _ in batch:
                        wire.append((up, data))
                        other.receive_datagram(data, PHONE if up else SERVER, now=now)
                    silent = 0 if batch else silent + 1
                    while other.next_event() is not None:
                        pass

        client.connect(SERVER, now=now)
        settle()
        sides = (H3Connection(client), H3Connection(server))
        for exchange in exchanges:
            stream = client.get_next_available_stream_id()
            for side, message in zip(sides, (exchange.request, exchange.response), strict=True):
                fields, body = _fields(message, host)
                side.send_headers(stream, fields, end_stream=not body)
                if body:
                    side.send_data(stream, body, end_stream=True)
                settle()
        self._keys.write_text(self._log.getvalue())
        return wire


def _fields(message: bytes, host: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """A message of HTTP/1.1 as fields and body of HTTP/3 (RFC 9114, section 4.3)."""
    head, _, body = message.partition(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    words = start.split(b" ")
    if start.startswith(b"HTTP/"):
        fields = [(b":status", words[1])]
    else:
        fields = [
            (b":method", words[0]),
            (b":scheme", b"https"),
            (b":authority", host.encode()),
            (b":path", words[1]),
        ]
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() not in {b"host", b"connection", b"transfer-encoding"}:
            fields.append((name.lower(), value.strip()))
    return fields, body
