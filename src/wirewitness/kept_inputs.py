"""What an audit kept of its inputs (`inputs.json`): places, hashes, and what was given by hand.

It holds paths relative to the case folder and SHA-256 hashes, never a secret. With it `show` finds a capture
again, and a bundle takes along everything that the audit read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wirewitness.case_inputs import Given, Inputs
from wirewitness.model.errors import InputError
from wirewitness.model.json_text import json_text
from wirewitness.model.result import AuditedCapture, AuditedPart
from wirewitness.sources import recognise

INPUTS = "inputs.json"
INPUTS_FORMAT = "wirewitness-inputs/2"
_PART = 1 << 20


@dataclass(frozen=True)
class KeptInputs:
    """Paths as they can be opened from here.

    `captures`, `keys` and `audit_export` are all that was read. `case`, `owner`, `given_captures`,
    `given_keys` and `phone` are the arguments of the audit; `files` is every file that was read, with its
    SHA-256.
    """

    captures: tuple[Path, ...] = ()
    keys: tuple[Path, ...] = ()
    audit_export: Path | None = None
    case: Path | None = None
    owner: Path | None = None
    given_captures: tuple[Path, ...] = ()
    given_keys: tuple[Path, ...] = ()
    phone: tuple[str, ...] = ()
    given_also: tuple[Path, ...] = ()
    files: dict[Path, str] = field(default_factory=dict)

    def text(self, folder: Path) -> str:
        """The JSON text for a case folder that will stand at `folder`."""

        def relative(path: Path) -> str:
            return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()

        def optional(path: Path | None) -> str | None:
            return relative(path) if path else None

        document = {
            "format": INPUTS_FORMAT,
            "captures": [relative(path) for path in self.captures],
            "keys": [relative(path) for path in self.keys],
            "audit_export": optional(self.audit_export),
            "given": {
                "case": optional(self.case),
                "owner": optional(self.owner),
                "captures": [relative(path) for path in self.given_captures],
                "keys": [relative(path) for path in self.given_keys],
                "phone": list(self.phone),
                **({"also": [relative(path) for path in self.given_also]} if self.given_also else {}),
            },
            "files": {relative(path): digest for path, digest in self.files.items()},
        }
        return json_text(document)


def keep_inputs(given: Given, inputs: Inputs) -> KeptInputs:
    """What an audit read. Every file but the captures, which are hashed already, is hashed here."""
    read = [file for info in inputs.infos for file in info.files]
    whole = [info.path for info in read]
    hashes = {info.path: info.sha256 for info in read if info.path.is_file()}
    named = {path.resolve() for path in inputs.case.files}
    unread = set(inputs.unread)
    by_hand = [path for path in whole if path.resolve() not in named]
    by_hand += [
        path
        for path in given.captures
        if path.name in unread and path.is_file() and os.access(path, os.R_OK) and path not in whole
    ]
    others = [
        *inputs.case.files,
        *inputs.owner.files,
        *inputs.keys,
        *by_hand,
        *(result_file(path) for path in given.also),
        *((inputs.case.audit_export,) if inputs.case.audit_export else ()),
    ]
    for path in others:
        for file in files_of(path):
            if file not in hashes and os.access(file, os.R_OK):
                hashes[file] = hash_file(file)
    return KeptInputs(
        captures=tuple(whole),
        keys=inputs.keys,
        audit_export=inputs.case.audit_export,
        case=given.case,
        owner=given.owner,
        given_captures=tuple(by_hand),
        # Without a case file all keys count as given, also those that were found: they must come along.
        given_keys=inputs.keys if given.case is None else given.keys,
        phone=given.phone,
        given_also=given.also,
        files=hashes,
    )


def result_file(audit: Path) -> Path:
    """The result of another audit, which is named by its folder or by its result.json."""
    return audit / "result.json" if audit.is_dir() else audit


def files_of(path: Path) -> list[Path]:
    """The file itself, or the files in a folder as an audit reads them: by name, without hidden ones."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))


def read_kept(folder: Path) -> KeptInputs:
    """What was kept in `folder`; nothing when nothing was."""
    path = folder / INPUTS
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return KeptInputs()
    except (OSError, ValueError) as error:
        raise InputError(path, f"cannot be read: {error}") from None
    try:
        given = document["given"]

        def optional(name: object) -> Path | None:
            return folder / str(name) if name else None

        return KeptInputs(
            captures=tuple(folder / str(name) for name in document["captures"]),
            keys=tuple(folder / str(name) for name in document["keys"]),
            audit_export=optional(document["audit_export"]),
            case=optional(given["case"]),
            owner=optional(given["owner"]),
            given_captures=tuple(folder / str(name) for name in given["captures"]),
            given_keys=tuple(folder / str(name) for name in given["keys"]),
            phone=tuple(str(address) for address in given["phone"]),
            given_also=tuple(folder / str(name) for name in given.get("also", [])),
            files={folder / str(name): str(digest) for name, digest in document["files"].items()},
        )
    except (KeyError, TypeError, AttributeError):
        raise InputError(path, f"is not a list of inputs of format {INPUTS_FORMAT}; audit anew") from None


def find_capture(wanted: AuditedCapture, given: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """The files that hold the capture, told by their SHA-256: among those `given`, else where they were."""
    return tuple(_find_file(one, given, folder) for one in wanted.files)


def _find_file(wanted: AuditedCapture | AuditedPart, given: Sequence[Path], folder: Path) -> Path:
    listed = Path(wanted.path)
    candidates: Iterable[Path] = given or (
        *read_kept(folder).captures,
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
