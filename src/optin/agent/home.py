"""The folder that an agent on a real phone keeps its state in, and the agent made from it.

``config.json`` holds model, build, serial and the cloud it is paired with; ``agent.sqlite`` switches,
consents, keys, queue and notes, all that the agent knows; ``keys.log`` the TLS keys of its own sessions,
for the owner's audit export.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optin.agent.agent import Agent
from optin.agent.disk import DiskStorage
from optin.agent.line import Endpoint, Line
from optin.agent.noise import opendp_noise
from optin.agent.phone import CloudAddress, Phone


class HomeError(Exception):
    """The folder is not one of an agent, or the pairing file is none; one sentence for the owner."""


@dataclass(frozen=True, slots=True)
class Home:
    """An agent's folder."""

    path: Path

    def begin(self, pairing: Path, phone: Phone) -> None:
        """Pair with a cloud. Everything starts off."""
        if self.config.exists():
            raise HomeError(f"{self.path} holds an agent already")
        if not pairing.exists():
            raise HomeError(f"there is no {pairing} yet: the cloud writes it when it starts (optin cloud)")
        try:
            document = {"format": "", **json.loads(pairing.read_text())}
            CloudAddress(
                document["host"],
                document["host"],
                bytes.fromhex(document["log_key"]),
                bytes.fromhex(document["catalogue_key"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HomeError(f"{pairing} is not the pairing file of a cloud") from error
        if document["format"] != "optin-pairing/1":
            raise HomeError(f"{pairing} is not the pairing file of a cloud")
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        document["phone"] = {"model": phone.model, "build": phone.build, "serial": phone.serial}
        self.trust.write_text(document["certificate"])
        self.config.write_text(json.dumps(document, indent=1) + "\n")
        self.config.chmod(0o600)

    @property
    def config(self) -> Path:
        """Where the pairing is kept."""
        return self.path / "config.json"

    @property
    def trust(self) -> Path:
        """The certificate authority of the cloud, PEM."""
        return self.path / "cloud.pem"

    @property
    def keylog(self) -> Path:
        """Session keys in the NSS form."""
        return self.path / "keys.log"

    def storage(self) -> DiskStorage:
        """The agent's memory."""
        self._read()
        return DiskStorage(self.path / "agent.sqlite")

    def agent(self) -> Agent:
        """The agent, as it was left."""
        row = self._read()
        cloud = CloudAddress(
            row["host"], row["host"], bytes.fromhex(row["log_key"]), bytes.fromhex(row["catalogue_key"])
        )
        read_file: Callable[[str], bytes] = lambda path: Path(path).read_bytes()  # noqa: E731 - typed
        return Agent(
            Phone(**row["phone"]), cloud, self.storage(), os.urandom, noise=opendp_noise, read_file=read_file
        )

    def line(self) -> Line:
        """A line to the cloud."""
        row = self._read()
        address = row.get("address") or row["host"]
        return Line(Endpoint(address, int(row["port"]), self.trust), self.keylog)

    def repository_root(self) -> bytes:
        """The root of trust of the cloud's software."""
        root = self._read().get("repository_root")
        if root is None:
            raise HomeError("the cloud that this phone was paired with publishes no software")
        return str(root).encode()

    def keylog_lines(self) -> list[str]:
        """The session keys, without comments."""
        if not self.keylog.exists():
            return []
        return [line for line in self.keylog.read_text().splitlines() if line and not line.startswith("#")]

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.config.read_text()))
        except (OSError, ValueError) as error:
            raise HomeError(f"{self.path} holds no agent; pair one with: optin phone pair") from error
