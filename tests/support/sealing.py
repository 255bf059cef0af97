"""What the tests of bundles share: who seals, with which key and secret."""

from __future__ import annotations

import zipfile
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from wirewitness.bundle import Custody
from wirewitness.bundle.archive import write_archive
from wirewitness.bundle.bag import render_manifest
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


def members(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, files: dict[str, bytes]) -> None:
    """As a clever attacker: a canonical zip with right checksums."""
    with path.open("wb") as file:
        write_archive(file, files)


def forge(path, files: dict[str, bytes]) -> None:
    """A forger makes the manifests anew, too."""
    root = path.name.removesuffix(".zip")
    hashes = {name.removeprefix(f"{root}/"): sha256(data).hexdigest() for name, data in files.items()}
    files = dict(files)
    files[f"{root}/manifest-sha256.txt"] = render_manifest(
        {name: digest for name, digest in hashes.items() if name.startswith("data/")}
    )
    tags = {
        name: sha256(files[f"{root}/{name}"]).hexdigest()
        for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
    }
    files[f"{root}/tagmanifest-sha256.txt"] = render_manifest(tags)
    rewrite(path, files)
