"""Options that say what device the agent is on, and what of it the owner knows better."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from optin.agent.device import (
    AndroidDevice,
    Device,
    LinuxDevice,
    ToldDevice,
    ask_command,
    parse_conditions,
)


class DeviceKind(StrEnum):
    """Where network, power and use are asked."""

    AUTO = "auto"
    ANDROID = "android"
    ADB = "adb"
    LINUX = "linux"


class NetworkKind(StrEnum):
    """What the owner says the network is."""

    ASK = "ask"
    WIFI = "wifi"
    MOBILE = "mobile"
    NONE = "none"


DeviceOption = Annotated[
    DeviceKind,
    typer.Option(
        "--device",
        help="Ask this phone's own commands (android), a phone at the cable (adb), or /sys (linux); "
        "auto: android where it is one.",
    ),
]
NetworkOption = Annotated[
    NetworkKind, typer.Option("--network", help="What the network is; ask: as the device says, each time.")
]
ChargerOption = Annotated[
    bool | None, typer.Option("--charging/--on-battery", help="Else as the device says.", show_default=False)
]
StateOption = Annotated[
    str,
    typer.Option(
        "--state-command", help="A command that prints network=wifi|mobile|other|none and charging=on|off."
    ),
]
UseOption = Annotated[
    Path | None, typer.Option("--use", help="File with what 'dumpsys usagestats' says, to count from.")
]


def choose_device(
    kind: DeviceKind, network: NetworkKind, command: str, use: Path | None, *, charging: bool | None
) -> Device:
    """The device, with what the owner knows better than it."""
    if kind is DeviceKind.AUTO:
        kind = DeviceKind.ANDROID if shutil.which("dumpsys") else DeviceKind.LINUX
    device: Device = LinuxDevice()
    if kind is DeviceKind.ANDROID:
        device = AndroidDevice(ask_command)
    elif kind is DeviceKind.ADB:
        device = AndroidDevice(partial(ask_command, before=("adb", "shell")))
    said = {} if network is NetworkKind.ASK else {"network": network.value}
    if charging is not None:
        said["charging"] = "on" if charging else "off"

    def told() -> Mapping[str, str]:
        return {**(parse_conditions(ask_command(command) or "") if command else {}), **said}

    return ToldDevice(device, told, use)
