"""What the running agent asks of the device it is on: network, power, and what the owner used.

Whatever cannot be asked is as if there were no network and nothing counted: then nothing leaves.
"""

from __future__ import annotations

import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from optin.agent.android import UseReading, parse_battery, parse_connectivity, parse_locales, parse_use
from optin.agent.app_category import CATEGORY_OF
from optin.agent.linux import read_charging, read_network

LONGEST_ANSWER = 16 * 1024 * 1024
PATIENCE_S = 10.0
KEPT_S, STALE_S = 0.5, 3.0
"""How long an answer about the network stands, and how long while a new one is awaited."""
_WAIT_S, _LONG_WAIT_S = 0.05, 0.5
UNKNOWN: Mapping[str, str] = {"network": "none", "charging": "off"}
"""What holds where the device cannot be asked."""

Ask = Callable[[str], str | None]
"""A command in, what it says out; None when it fails."""


class Device(Protocol):
    """A phone, or a computer in its place."""

    def conditions(self) -> Mapping[str, str]:
        """The state that consents depend on: ``network`` and ``charging``."""

    def use(self) -> UseReading | None:
        """The owner's use as counted by the system; None where it does not count. Asked only once agreed."""


class AndroidDevice:
    """A phone's own commands; ``ask`` runs them there."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def conditions(self) -> Mapping[str, str]:
        """See :class:`Device`."""
        network = parse_connectivity(self._ask("dumpsys connectivity") or "")
        return {"network": network, "charging": parse_battery(self._ask("dumpsys battery") or "")}

    def use(self) -> UseReading | None:
        """See :class:`Device`."""
        languages = parse_locales(self._ask("settings get system system_locales") or "")
        return parse_use(self._ask("dumpsys usagestats") or "", CATEGORY_OF.get, languages)


class LinuxDevice:
    """A computer or a phone with Linux alone. It does not count what its owner uses."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def conditions(self) -> Mapping[str, str]:
        """See :class:`Device`."""
        return {"network": read_network(self._root), "charging": read_charging(self._root)}

    def use(self) -> UseReading | None:
        """See :class:`Device`."""
        return None


class ToldDevice:
    """A device of which somebody knows better: what ``told`` gives stands, the rest is asked of ``device``.

    ``use_file`` holds what ``dumpsys usagestats`` said.
    """

    def __init__(
        self, device: Device, told: Callable[[], Mapping[str, str]], use_file: Path | None = None
    ) -> None:
        self._device, self._told, self._use_file = device, told, use_file

    def conditions(self) -> Mapping[str, str]:
        """See :class:`Device`."""
        told = self._told()
        return told if {"network", "charging"} <= set(told) else {**self._device.conditions(), **told}

    def use(self) -> UseReading | None:
        """See :class:`Device`."""
        if self._use_file is None:
            return self._device.use()
        with self._use_file.open("rb") as file:
            text = file.read(LONGEST_ANSWER).decode("utf-8", "replace")
        return parse_use(text, CATEGORY_OF.get, 1)


class KeptConditions:
    """The conditions, asked anew beside the sending when the last answer is older than :data:`KEPT_S`.

    Whoever sends does not wait for a slow device: it must see a revocation within a second. An answer that is
    older than :data:`STALE_S` counts no more.
    """

    def __init__(self, device: Device, clock: Callable[[], float] = time.monotonic) -> None:
        self._device, self._clock = device, clock
        self._answer: tuple[float, Mapping[str, str]] = (float("-inf"), UNKNOWN)
        self._asking: threading.Thread | None = None

    def __call__(self) -> Mapping[str, str]:
        """See :meth:`Device.conditions`."""
        age = self._clock() - self._answer[0]
        if age > KEPT_S:
            if self._asking is None or not self._asking.is_alive():
                self._asking = threading.Thread(target=self._ask, daemon=True)
                self._asking.start()
            if age == float("inf"):
                self._asking.join()  # nothing is under way yet
            self._asking.join(_WAIT_S if age <= STALE_S else _LONG_WAIT_S)
        since, known = self._answer
        return known if self._clock() - since <= STALE_S else UNKNOWN

    def _ask(self) -> None:
        asked = self._clock()
        self._answer = asked, self._device.conditions()


def parse_conditions(text: str) -> dict[str, str]:
    """``network=wifi`` and ``charging=on``, a line each, as a command of the owner's choosing says them."""
    known = {"network": {"wifi", "mobile", "other", "none"}, "charging": {"on", "off"}}
    pairs = (line.strip().split("=", 1) for line in text[:4096].splitlines() if "=" in line)
    found = {name: value for name, value in pairs if value in known.get(name, ())}
    return {**UNKNOWN, **found}


def ask_command(command: str, before: tuple[str, ...] = ()) -> str | None:
    """What a program says, without a shell between; None when it fails, is slow or says too much."""
    try:
        process = subprocess.Popen(
            [*before, *shlex.split(command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    stop = threading.Timer(PATIENCE_S, process.kill)
    stop.start()
    with process.stdout as pipe:
        said = pipe.read(LONGEST_ANSWER + 1)
        if len(said) > LONGEST_ANSWER:
            process.kill()
        ended = process.wait()
        stop.cancel()
    return said.decode("utf-8", "replace") if ended == 0 else None
