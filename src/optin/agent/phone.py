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
    """The cloud's host for questions and reports, its host for chunks, and the keys that it signs with.

    ``log_key`` signs consent receipts, tree heads and erasures; ``catalogue_key`` the recommendations.
    """

    api: str
    backup: str
    log_key: bytes
    catalogue_key: bytes
