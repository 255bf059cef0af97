"""BagIt (RFC 8493): the texts that list and name what a bundle holds. Pure: texts in, texts out.

The manifests are as `sha256sum -c` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from wirewitness.bundle.archive import Member
from wirewitness.model.errors import InputError

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAGIT = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAGS = "tagmanifest-sha256.txt"
SIGNATURE = f"{TAGS}.sig"
TIMESTAMP = f"{TAGS}.tsr"
PAYLOAD = "data/"
_LISTED = (INFO, BAGIT, MANIFEST)


def render_manifest(hashes: Mapping[str, str]) -> bytes:
    """`hash  path` a line, by path; CR, LF and % in a path are percent-encoded (section 2.1.3)."""
    lines = (f"{hashes[name]}  {_encoded(name)}\n" for name in sorted(hashes, key=str.encode))
    return "".join(lines).encode()


def render_info(fields: Iterable[tuple[str, str]]) -> bytes:
    """`Label: value` a line. Line ends within a value become spaces, so that none can forge a field."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in fields).encode()


def read_info(data: bytes) -> dict[str, str]:
    """The fields of a bag-info.txt that `render_info` wrote; later ones of the same label win nothing."""
    fields: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        label, colon, value = line.partition(": ")
        if colon:
            fields.setdefault(label, value)
    return fields


def check_bag(path: Path, root: str, members: Iterable[Member], texts: Mapping[str, bytes]) -> None:
    """Whether the manifests are exactly those of the members; `InputError` names what does not fit."""
    by_name = {member.name.removeprefix(f"{root}/"): member for member in members}
    for name in (*_LISTED, TAGS):
        if name not in by_name:
            raise InputError(path, f"'{name}' is missing")
    if texts[BAGIT] != DECLARATION:
        raise InputError(path, f"'{BAGIT}' was changed")
    payload = {name: one.sha256 for name, one in by_name.items() if name.startswith(PAYLOAD)}
    known = {*_LISTED, TAGS, SIGNATURE, TIMESTAMP}
    for name in by_name:
        if not name.startswith(PAYLOAD) and name not in known:
            raise InputError(path, f"'{name}' was added: no bundle has such a file")
    _compare(path, MANIFEST, texts[MANIFEST], payload)
    _compare(path, TAGS, texts[TAGS], {name: by_name[name].sha256 for name in _LISTED})


def _compare(path: Path, manifest: str, text: bytes, hashes: Mapping[str, str]) -> None:
    wanted = render_manifest(hashes)
    if text == wanted:
        return
    listed: dict[str, str] = {}
    for line in text.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    encoded = {_encoded(name): digest for name, digest in hashes.items()}
    for name, digest in listed.items():
        if name not in encoded:
            raise InputError(path, f"'{name}' is missing: '{manifest}' lists it")
        if encoded[name] != digest:
            raise InputError(path, f"'{name}' was changed: it does not have the hash that '{manifest}' lists")
    for name in encoded:
        if name not in listed:
            raise InputError(path, f"'{name}' was added: '{manifest}' does not list it")
    raise InputError(path, f"'{manifest}' was changed")


def _encoded(name: str) -> str:
    return name.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
