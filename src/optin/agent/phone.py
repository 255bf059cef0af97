"""The device that the agent runs on, and the cloud that it was made for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phone:
    """What the agent must know about its device. ``serial`` leaves only in a diagnostic report."""

    model: str
    build: str
    serial: str


@dataclass(frozen=True, slots=True)
class CloudAddress:
    """Host names of the cloud: one for questions and reports, one for backup chunks."""

    api: str
    backup: str
