"""A fact: a private value of the owner's. Its value lives in memory and in the owner's file only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from wirewitness.model.kind import DataKind
from wirewitness.model.remark import Remark


@dataclass(frozen=True)
class Fact:
    """`values` are the spellings the owner gave (a contact may have several); a photo has a `file` instead.

    A masked fact is a placeholder that systems put in the place of a value, such as 02:00:00:00:00:00.
    The values do not show in `repr`, so that no log and no failed test prints them.
    """

    id: str
    kind: DataKind
    values: tuple[str, ...] = field(default=(), repr=False)
    file: Path | None = field(default=None, repr=False)
    masked: bool = False


@dataclass(frozen=True)
class Owner:
    """All facts of an owner file, in file order, and the region that numbers without `+` belong to.

    `files` are those that the owner file names (a folder stands for the files in it), and itself; `left_out`
    says what in them was too large to be read.
    """

    facts: tuple[Fact, ...] = ()
    region: str | None = None
    files: tuple[Path, ...] = field(default=(), repr=False, compare=False)
    left_out: tuple[Remark, ...] = ()
