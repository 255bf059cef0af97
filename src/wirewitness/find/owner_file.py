"""OWNER.toml: the owner's private values, from it and the photos, contacts and messages that it names.

Format `wirewitness-owner/1`, JSON Schema schemas/owner.schema.json. Every mistake is one sentence with its
line.
"""

from __future__ import annotations

from pathlib import Path

from wirewitness.find import sms_backup, vcard
from wirewitness.find.sms_backup import read_sms_backup
from wirewitness.find.vcard import read_vcards
from wirewitness.model.errors import InputError
from wirewitness.model.fact import Fact, Owner
from wirewitness.model.kind import DataKind
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark
from wirewitness.model.toml_text import TomlTable, TomlText

FORMAT = "wirewitness-owner/1"
MAX_PHOTOS = 100_000
_FILES = (DataKind.PHOTO, DataKind.VIDEO)


def read_owner(path: Path) -> Owner:
    """All facts, in the order: `[[fact]]`, photos by name, contacts, messages."""
    try:
        toml = TomlText.parse(path, path.read_bytes())
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    root = toml.table()
    root.only("format", "region", "photos", "contacts", "messages", "fact")
    if root.text("format") != FORMAT:
        raise root.error(f"'format' should be {FORMAT}", "format")
    facts = [_fact(table) for table in toml.tables("fact")]
    photos, left_out = _photos(root), list[Remark]()
    facts += photos + _contacts(root, left_out) + _messages(root, left_out)
    _refuse_duplicates(facts, toml)
    return Owner(tuple(facts), _region(root), (path, *toml.named), tuple(left_out))


def _fact(table: TomlTable) -> Fact:
    table.only("id", "kind", "value", "file")
    spelling = table.text("kind")
    if spelling not in {kind.value for kind in DataKind}:
        known = ", ".join(kind.value for kind in DataKind)
        raise table.error(f"'{spelling}' is not a kind of data; the kinds are {known}", "kind")
    kind = DataKind(spelling)
    fact_id = table.text("id")
    if ("value" in table.values) == ("file" in table.values):
        raise table.error(f"the fact '{fact_id}' should have either a 'value' or a 'file'")
    if "value" in table.values:
        if kind in _FILES:
            raise table.error(f"a {kind.value} is given by its 'file', not by a 'value'", "value")
        return Fact(fact_id, kind, (table.text("value").strip(),))
    file = table.file("file")
    if file is None or not file.is_file():
        raise table.error("'file' should name a file", "file")
    if kind in _FILES:
        return Fact(fact_id, kind, file=_not_empty(file, table))
    try:
        value = _not_empty(file, table).read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise table.error(f"{file} is not UTF-8 text", "file") from None
    if not value:
        raise table.error(f"{file} holds no value", "file")
    return Fact(fact_id, kind, (value,))


def _not_empty(file: Path, table: TomlTable) -> Path:
    try:
        empty = file.stat().st_size == 0
    except OSError as error:
        raise table.error(f"{file} cannot be read: {error.strerror}", "file") from None
    if empty:
        raise table.error(f"{file} is empty", "file")
    return file


def _photos(root: TomlTable) -> list[Fact]:
    folder = root.file("photos")
    if folder is None:
        return []
    if not folder.is_dir():
        raise root.error(f"'photos' names {folder}, which is not a folder", "photos")
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    if not files:
        raise root.error(f"the folder {folder} holds no photo", "photos")
    if len(files) > MAX_PHOTOS:
        raise root.error(f"the folder {folder} holds more than {MAX_PHOTOS} files", "photos")
    for file in files:
        if file.stat().st_size == 0:
            raise root.error(f"{file} is empty", "photos")
    return [Fact(f"photo:{file.name}", DataKind.PHOTO, file=file) for file in files]


def _within(file: Path, most: int, left_out: list[Remark]) -> bool:
    """Whether a file may be read: the audit goes on without one that is too large."""
    if not file.is_file() or file.stat().st_size <= most:
        return True
    left_out.append(Remark.of(Note.OWNER_FILE_TOO_LARGE, file=file.name))
    return False


def _contacts(root: TomlTable, left_out: list[Remark]) -> list[Fact]:
    file = root.file("contacts")
    if file is None or not _within(file, vcard.MAX_BYTES, left_out):
        return []
    return [
        Fact(f"contact:{number}", DataKind.CONTACT, card.numbers + card.emails)
        for number, card in enumerate(read_vcards(file), start=1)
    ]


def _messages(root: TomlTable, left_out: list[Remark]) -> list[Fact]:
    file = root.file("messages")
    if file is None or not _within(file, sms_backup.MAX_BYTES, left_out):
        return []
    sms, mms = read_sms_backup(file)
    bodies = [(f"sms:{n}", body) for n, body in enumerate(sms, start=1)]
    bodies += [(f"mms:{n}", body) for n, body in enumerate(mms, start=1)]
    return [Fact(fact_id, DataKind.SMS_BODY, (body,)) for fact_id, body in bodies if body.strip()]


def _region(root: TomlTable) -> str | None:
    if "region" not in root.values:
        return None
    region = root.text("region")
    if len(region) != 2 or not region.isalpha():
        raise root.error("'region' should be a country code of two letters, such as CN", "region")
    return region.upper()


def _refuse_duplicates(facts: list[Fact], toml: TomlText) -> None:
    seen: set[str] = set()
    tables = {str(table.values.get("id")): table for table in toml.tables("fact")}
    for fact in facts:
        if fact.id in seen:
            table = tables.get(fact.id, toml.table())
            raise table.error(f"the id '{fact.id}' is used twice; every fact needs its own", "id")
        seen.add(fact.id)
