"""The folder of a cloud: its secret, certificate, database, chunks, and what phones pair with."""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from optin.cloud.service import CloudKeys

_YEARS = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Paths of a cloud's state; made on first use."""

    path: Path

    def keys(self) -> CloudKeys:
        """The signing keys, drawn on first use."""
        secret = self.path / "secret.key"
        with self._alone():
            if not secret.exists():
                _write_secret(secret, secrets.token_bytes(32))
        return CloudKeys(secret.read_bytes())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While a process makes a secret, others that begin at the same moment wait, and then find it."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def certificate(self) -> Path:
        """The TLS certificate, PEM; also its own authority where it was made here."""
        return self.path / "certificate.pem"

    @property
    def private_key(self) -> Path:
        """Its key, PEM."""
        return self.path / "certificate.key"

    @property
    def database(self) -> str:
        """URL of the SQLite file."""
        return f"sqlite:///{self.path / 'cloud.sqlite'}"

    @property
    def chunks(self) -> Path:
        """Folder of the sealed chunks."""
        return self.path / "chunks"

    @property
    def repository(self) -> Path:
        """The TUF repository that phones fetch from."""
        return self.path / "repository"

    @property
    def pairing(self) -> Path:
        """The file that a phone is paired with."""
        return self.path / "pairing.json"

    def make_certificate(self, host: str) -> None:
        """A self-signed certificate for ``host`` and the loopback addresses, unless there is one."""
        with self._alone():
            if not self.certificate.exists():
                self._make_certificate(host)

    def _make_certificate(self, host: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        now = datetime.now(UTC)
        names = [x509.DNSName(host), x509.DNSName("localhost")]
        addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _YEARS)
            .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        form, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        _write_secret(self.private_key, key.private_bytes(serialization.Encoding.PEM, form, bare))
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def write_pairing(self, host: str, port: int) -> None:
        """What a phone needs to know of this cloud: where it is, and by which keys it is known."""
        log, catalogue = self.keys().public
        document = {
            "format": "optin-pairing/1",
            "host": host,
            "port": port,
            "certificate": self.certificate.read_text(),
            "log_key": log.hex(),
            "catalogue_key": catalogue.hex(),
        }
        root = self.repository / "metadata" / "1.root.json"
        if root.exists():
            document["repository_root"] = root.read_text()
        with self._alone():
            self.pairing.write_text(json.dumps(document, indent=1) + "\n")


def _write_secret(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
