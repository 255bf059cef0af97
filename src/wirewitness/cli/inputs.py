"""What an audit kept of its inputs (`inputs.json`), and a finding's capture, told by its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wirewitness.case_folder import INPUTS, INPUTS_FORMAT
from wirewitness.model.errors import InputError
from wirewitness.sources import recognise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wirewitness.model.result import AuditedCapture

_PART = 1 << 20


@dataclass(frozen=True)
class Inputs:
    """Paths as they can be opened from here."""

    captures: tuple[Path, ...] = ()
    keys: tuple[Path, ...] = ()
    audit_export: Path | None = None


def read_inputs(folder: Path) -> Inputs:
    """The paths kept in `folder`; none when nothing was kept."""
    path = folder / INPUTS
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Inputs()
    except (OSError, ValueError) as error:
        raise InputError(path, f"cannot be read: {error}") from None
    try:
        export = document["audit_export"]
        return Inputs(
            tuple(folder / str(name) for name in document["captures"]),
            tuple(folder / str(name) for name in document["keys"]),
            folder / str(export) if export else None,
        )
    except (KeyError, TypeError):
        raise InputError(path, f"is not a list of inputs of format {INPUTS_FORMAT}") from None


def find_capture(wanted: AuditedCapture, given: Sequence[Path], folder: Path) -> Path:
    """The file that holds the capture, told by its SHA-256: among those `given`, else where it was."""
    listed = Path(wanted.path)
    candidates: Iterable[Path] = given or (
        *read_inputs(folder).captures,
        folder / listed,
        folder.parent / listed,
        listed,
    )
    seen = False
    for path in dict.fromkeys(candidates):
        if path.is_file() or path.is_dir():
            seen = True
            source = recognise(path) if path.is_dir() else None
            if (source.sha256 if source else hash_file(path) if path.is_file() else "") == wanted.sha256:
                return path
    where = ", ".join(map(str, given)) if given else wanted.path
    why = f"does not hold the capture with SHA-256 {wanted.sha256}" if seen else "there is no such file"
    raise InputError(where, f"{why}; say where the capture is with --capture FILE")


def hash_file(path: Path) -> str:
    """SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(_PART):
                digest.update(part)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    return digest.hexdigest()
