"""The TUF repository of software packages, in a folder that the cloud serves as it is.

Keys lie beside the repository here; whoever runs it for real keeps those of root and targets off the machine.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import bsdiff4
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from optin.protocol.release import Release

LIFETIMES: Mapping[str, timedelta] = {
    "root": timedelta(days=365),
    "targets": timedelta(days=90),
    "snapshot": timedelta(days=14),
    "timestamp": timedelta(days=3),
}
"""How long each role's word holds: a phone that is shown nothing newer than three days refuses (freeze)."""


@dataclass
class Repository:
    """Packages are added, then :meth:`publish` signs all. ``folder`` holds ``metadata/`` and ``targets/``."""

    folder: Path
    now: datetime
    signers: dict[str, CryptoSigner] = field(
        default_factory=lambda: {role: CryptoSigner.generate_ed25519() for role in LIFETIMES}
    )
    version: int = 0
    _packages: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _targets: dict[str, TargetFile] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, keys: Path, now: datetime) -> Self:
        """The repository as it was last published, or a new one; its signing keys lie in ``keys``."""
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = cls(folder, now, {role: _signer(keys / f"{role}.pem") for role in LIFETIMES})
        for path in (folder / "metadata").glob("*.targets.json"):
            opened.version = max(opened.version, int(path.name.partition(".")[0]))
        if opened.version:
            newest = folder / "metadata" / f"{opened.version}.targets.json"
            opened._targets = dict(Metadata[Targets].from_file(str(newest)).signed.targets)
        for name, target in opened._targets.items():
            release = Release.parse(target.unrecognized_fields.get("custom"))
            if not release.base:
                data = (folder / "targets" / f"{target.hashes['sha256']}.{name}").read_bytes()
                opened._packages[release.model, release.version] = data
        return opened

    def add(self, model: str, version: str, package: bytes, *, percent: int = 100) -> None:
        """Add a whole package, and a delta from each earlier one where it is smaller."""
        result = hashlib.sha256(package).hexdigest()
        self._add(f"{model}-{version}.full", package, Release(model, version, "", result, percent))
        for (other, base), earlier in self._packages.items():
            delta = bsdiff4.diff(earlier, package) if other == model else package
            if len(delta) < len(package):
                name = f"{model}-{base}-{version}.delta"
                self._add(name, delta, Release(model, version, base, result, percent))
        self._packages[model, version] = package

    def publish(self) -> bytes:
        """Write a new signed state; the first root, which phones are paired with."""
        self.version += 1
        targets = Targets(version=self.version, expires=self._until("targets"), targets=dict(self._targets))
        self._write("targets", targets)
        snapshot = Snapshot(version=self.version, expires=self._until("snapshot"))
        snapshot.meta["targets.json"] = MetaFile(self.version)
        self._write("snapshot", snapshot)
        timestamp = Timestamp(version=self.version, expires=self._until("timestamp"))
        timestamp.snapshot_meta = MetaFile(self.version)
        self._write("timestamp", timestamp)
        first = self.folder / "metadata" / "1.root.json"
        if not first.exists():
            root = Root(version=1, expires=self._until("root"), consistent_snapshot=True)
            for role, signer in self.signers.items():
                root.add_key(signer.public_key, role)
            self._write("root", root)
        return first.read_bytes()

    def _add(self, name: str, data: bytes, release: Release) -> None:
        target = TargetFile.from_data(name, data, ["sha256"])
        target.unrecognized_fields["custom"] = release.document()
        self._targets[name] = target
        path = self.folder / "targets" / f"{target.hashes['sha256']}.{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _write(self, role: str, signed: Any) -> None:
        metadata: Metadata[Any] = Metadata(signed)
        metadata.sign(self.signers[role])
        path = self.folder / "metadata"
        path.mkdir(parents=True, exist_ok=True)
        name = "timestamp.json" if role == "timestamp" else f"{signed.version}.{role}.json"
        metadata.to_file(str(path / name))

    def _until(self, role: str) -> datetime:
        return self.now.replace(microsecond=0) + LIFETIMES[role]


def _signer(path: Path) -> CryptoSigner:
    """The key of a role, drawn on first use; readable by its owner's account only."""
    if not path.exists():
        form, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pem = Ed25519PrivateKey.generate().private_bytes(serialization.Encoding.PEM, form, bare)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not a key of a repository")  # noqa: TRY004 - one kind for bad files
    return CryptoSigner(key)
