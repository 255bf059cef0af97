"""TLS 1.3 connections around what two sides say: OpenSSL through `ssl.MemoryBIO`, with its key log."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class TlsPair:
    """A client's and a server's context, and the key log that they write."""

    def __init__(self, folder: Path, keys: Path, alpn: str = "http/1.1") -> None:
        certificate, key = folder / "server.pem", folder / "server.key"
        _write_certificate(certificate, key)
        self._server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.load_cert_chain(certificate, key)
        self._client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client.check_hostname = False
        self._client.verify_mode = ssl.CERT_NONE  # the benchmark's own certificate
        for context in (self._server, self._client):
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.set_alpn_protocols([alpn])
        self._client.keylog_filename = str(keys)
        for file in (certificate, key):
            file.unlink()

    def flights(self, host: str, turns: Iterable[tuple[bool, bytes]]) -> list[tuple[bool, bytes]]:
        """The bytes on the wire when the sides say `turns`; both are `(up, bytes)` in order."""
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self._client.wrap_bio(to_client, to_server, server_hostname=host)
        server = self._server.wrap_bio(to_server, to_client, server_side=True)
        flights: list[tuple[bool, bytes]] = []

        def move(side: ssl.SSLObject) -> None:
            """Copies what `side` has written to the record; it stays for the other side to read."""
            pipe = to_server if side is client else to_client
            data = pipe.read()
            if data:
                flights.append((side is client, data))
                pipe.write(data)

        done = [False, False]
        while not all(done):
            for number, side in enumerate((client, server)):
                if not done[number]:
                    try:
                        side.do_handshake()
                        done[number] = True
                    except ssl.SSLWantReadError:
                        pass
                    move(side)
        _drain(client)  # session tickets
        for up, data in turns:
            one, other = (client, server) if up else (server, client)
            one.write(data)
            move(one)
            _drain(other)
        return flights


def _drain(side: ssl.SSLObject) -> None:
    """Reads all that the other side has sent."""
    try:
        while side.read(1 << 20):
            pass
    except ssl.SSLWantReadError:
        return


def _write_certificate(certificate: Path, key: Path) -> None:
    """Writes a self-signed certificate for the benchmark's hosts."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "*.example.com")])
    start = dt.datetime(2014, 1, 1, tzinfo=dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("*.example.com"), x509.DNSName("*.example.net")]),
            critical=False,
        )
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
