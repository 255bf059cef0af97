"""Certificates made from a seed: the same seed gives the same keys, serial numbers and signatures.

EC keys are the seed's hash taken as a number; RSA keys are made of primes found from seeded random numbers.
"""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey: TypeAlias = "ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SMALL = [p for p in range(3, 4000, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]


@dataclass(frozen=True)
class Identity:
    """A host's certificate chain (leaf first) and its private key, both also as PEM."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: PrivateKey

    @property
    def pem(self) -> bytes:
        """Key and certificates in one text, as `SSLContext.load_cert_chain` takes it."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        parts = [item.public_bytes(serialization.Encoding.PEM) for item in (self.certificate, *self.chain)]
        return private + b"".join(parts)


def ec_key(seed: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key that depends on the seed only."""
    number = int.from_bytes(hashlib.sha512(seed.encode()).digest(), "big") % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def rsa_key(seed: str) -> rsa.RSAPrivateKey:
    """A 2048-bit RSA key that depends on the seed only (about half a second)."""
    rng = random.Random(seed)
    one = _prime(rng)
    two = _prime(rng)
    exponent = 65537
    private = pow(exponent, -1, math.lcm(one - 1, two - 1))
    return rsa.RSAPrivateNumbers(
        p=one,
        q=two,
        d=private,
        dmp1=private % (one - 1),
        dmq1=private % (two - 1),
        iqmp=pow(two, -1, one),
        public_numbers=rsa.RSAPublicNumbers(exponent, one * two),
    ).private_key()


def _prime(rng: random.Random) -> int:
    while True:
        number = rng.getrandbits(1024) | (3 << 1022) | 1
        if any(number % small == 0 for small in _SMALL) or number % 65537 == 1:
            continue
        if all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)):
            return number


class Authority:
    """Issues certificates for host names; its own certificate is made from the seed too."""

    def __init__(self, seed: str, common_name: str, organisation: str, start: datetime) -> None:
        self._seed, self._start = seed, start
        self._key = ec_key(f"{seed}:authority:{common_name}")
        self._rsa: rsa.RSAPrivateKey | None = None
        self._name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            ]
        )
        self.certificate = self._sign(
            self._builder(self._name, f"authority:{common_name}", 3650, 1500)
            .public_key(self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        )

    @property
    def key(self) -> PrivateKey:
        """The authority's own key."""
        return self._key

    @property
    def pem(self) -> str:
        """The authority's own certificate as PEM text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _builder(self, subject: x509.Name, salt: str, days: int, before: int) -> x509.CertificateBuilder:
        serial = int.from_bytes(hashlib.sha256(f"{self._seed}:{salt}".encode()).digest()[:16], "big") >> 1
        begin = self._start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(
            days=before
        )
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .serial_number(serial)
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=days))
        )

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self._key, hashes.SHA256(), ecdsa_deterministic=True)

    def issue(self, names: tuple[str, ...], kind: str = "ec") -> Identity:
        """A certificate for host names; `kind` "ec" or "rsa" (all RSA hosts of a laboratory share a key)."""
        key: PrivateKey
        if kind == "rsa":
            self._rsa = self._rsa or rsa_key(f"{self._seed}:rsa")
            key = self._rsa
        elif kind == "ec":
            key = ec_key(f"{self._seed}:host:{names[0]}")
        else:
            raise ValueError(f"a key is of kind ec or rsa, not {kind!r}")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=kind == "rsa",
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            self._builder(subject, names[0], 397, 90)
            .public_key(key.public_key())
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        )
        return Identity(self._sign(builder), (self.certificate,), key)
