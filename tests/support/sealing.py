"""What the tests of bundles share: who seals, with which key and secret."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from wirewitness.bundle import Custody
from wirewitness.model.instant import Instant

CUSTODY = Custody(Instant.parse("2026-01-02T03:04:05Z"), "A. Tester", "bench 1")
SECRET = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def ssh_files(folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """A private key and its public half, as OpenSSH writes them."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    private, public = folder / f"id{seed}", folder / f"id{seed}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b"\n")
    return private, public
