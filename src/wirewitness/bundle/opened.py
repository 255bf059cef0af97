"""A bundle that is open: its zip and manifests hold, and its members can be read, whatever they say."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from wirewitness.bundle import bag
from wirewitness.bundle.archive import Member, member_parts, read_archive
from wirewitness.bundle.collect import RESULT
from wirewitness.bundle.findings import TableRoot
from wirewitness.bundle.seal import BUNDLE, COMMITMENTS
from wirewitness.model.errors import InputError
from wirewitness.model.json_form import from_json
from wirewitness.model.result import Result

FINDINGS = "data/findings.json"
PROVENANCE = "data/sealed"
_SMALL = 1 << 28


@dataclass(frozen=True)
class Opened:
    """A bundle whose zip and manifests hold, open for reading its members."""

    path: Path
    root: str
    members: dict[str, Member]
    file: BinaryIO

    def bytes(self, name: str) -> bytes:
        """A small member."""
        if name not in self.members:
            raise InputError(self.path, f"'{name}' is missing")
        if self.members[name].size > _SMALL:
            raise InputError(self.path, f"'{name}' is far too large for what it should be")
        return b"".join(member_parts(self.file, self.members[name]))

    def json(self, name: str) -> Any:
        """A member that holds JSON."""
        try:
            return json.loads(self.bytes(name))
        except (ValueError, RecursionError):
            raise InputError(self.path, f"'{name}' is not JSON") from None


def open_bundle(path: Path, stack: ExitStack) -> Opened:
    """Check zip and manifests and keep the file open for as long as `stack` stands."""
    try:
        file = stack.enter_context(path.open("rb"))
        members = read_archive(path, file)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    root = members[0].name.partition("/")[0]
    for member in members:
        if not member.name.startswith(f"{root}/"):
            raise InputError(path, f"'{member.name}' was added: it lies outside of '{root}/'")
    opened = Opened(path, root, {one.name.removeprefix(f"{root}/"): one for one in members}, file)
    texts = {
        name: opened.bytes(name)
        for name in (bag.BAGIT, bag.INFO, bag.MANIFEST, bag.TAGS)
        if name in opened.members
    }
    bag.check_bag(path, root, members, texts)
    return opened


def sealed_result(opened: Opened) -> Result:
    """The result in a sealed bundle."""
    name = f"{RESULT}/result.json"
    return Result.from_text(opened.bytes(name).decode("utf-8", "replace"), f"{opened.path}: {name}")


def secret_of(opened: Opened) -> bytes:
    """What the salts of a sealed bundle's commitments come from."""
    try:
        return bytes.fromhex(opened.json(COMMITMENTS)["secret"])
    except (KeyError, TypeError, ValueError):
        raise InputError(opened.path, f"'{COMMITMENTS}' is not what a bundle holds") from None


def sealed_tables(opened: Opened) -> dict[str, TableRoot]:
    """The tables that a sealed bundle commits to."""
    try:
        return from_json(dict[str, TableRoot], opened.json(BUNDLE)["tables"])
    except (KeyError, TypeError, ValueError):
        raise InputError(opened.path, f"'{BUNDLE}' does not say which tables the audit wrote") from None
