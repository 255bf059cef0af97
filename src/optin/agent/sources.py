"""What the owner's phone has to back up: photos of a folder, messages and contacts of files.

Messages come as SMS Backup & Restore writes them (one XML file), contacts as vCards (one file of many).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".heic", ".heif", ".avif", ".webp", ".gif", ".dng")
_CARD = re.compile(rb"BEGIN:VCARD.*?END:VCARD\r?\n?", re.DOTALL | re.IGNORECASE)


class SourceError(ValueError):
    """A file that is not what it should be; one sentence that names it."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A file of the phone, by its path under the folder, with its SHA-256."""

    item: str
    path: Path
    digest: str


def find_photos(folder: Path) -> Iterator[Photo]:
    """Every photo under a folder, in order of name. Links are not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix.lower() in PHOTO_SUFFIXES:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            yield Photo(path.relative_to(folder).as_posix(), path, digest)


def check_messages(path: Path) -> bytes:
    """The file, if it is XML with the root ``smses``; else SourceError."""
    data, roots = path.read_bytes(), []
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise SourceError(f"{path} defines entities, which no file of messages does")

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, _: roots.append(name) if not roots else None
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise SourceError(f"{path} is no XML: {expat.ErrorString(error.code)}") from error
    if roots != ["smses"]:
        raise SourceError(f"{path} is not a file of SMS Backup & Restore")
    return data


def split_contacts(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each card of a file of vCards, named by its own digest, so that a changed contact is a new one."""
    cards = _CARD.findall(path.read_bytes())
    if not cards:
        raise SourceError(f"{path} holds no vCard")
    for card in cards:
        yield f"{hashlib.sha256(card).hexdigest()[:32]}.vcf", card
