"""Custody: who did what with the evidence, where and when; and which captures came in so (`custody.json`)."""

from __future__ import annotations

from dataclasses import dataclass

from wirewitness.model.instant import Instant

FORMAT = "wirewitness-custody/1"


@dataclass(frozen=True)
class Custody:
    """Who, where, and when. "" is not stated."""

    time: Instant
    by: str = ""
    where: str = ""


@dataclass(frozen=True)
class TakenIn:
    """A capture as it came in: its name then, its hash, and by whose hands."""

    name: str
    sha256: str
    bytes: int
    time: Instant
    by: str
    where: str


@dataclass(frozen=True)
class Intake:
    """`custody.json`: every capture of a case, each as it first came in."""

    format: str
    captures: tuple[TakenIn, ...]
