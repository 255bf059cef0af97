"""What belongs into the bundle of a case folder: everything that the audit read, and what it wrote.

    data/inputs/case/...      the case file and what it names, as they lie to each other
    data/inputs/owner/...     an owner file given by hand, and what it names
    data/inputs/captures/N/   captures given by hand; data/inputs/keys/N/ key logs given by hand
    data/inputs/also/N/...    results of other audits that were given by hand
    data/result/...           the case folder with its tables, which `show` and `report` open when unpacked
    data/attachments/...      photographs of settings, agreements

A file that is no longer what the audit read is refused by name.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from wirewitness.case_custody import CUSTODY, read_intake
from wirewitness.find.owner_file import read_owner
from wirewitness.judge.case_reader import read_case
from wirewitness.kept_inputs import INPUTS, KeptInputs, files_of, hash_file, read_kept, result_file
from wirewitness.model.custody import Intake
from wirewitness.model.decoding import TABLES
from wirewitness.model.errors import InputError

INPUT = "data/inputs"
RESULT = "data/result"
ATTACHED = "data/attachments"
_WRITTEN = ("result.json", "report.html", CUSTODY)


@dataclass
class Collected:
    """Members by name; the arguments of the audit as names of members."""

    members: dict[str, Path | bytes] = field(default_factory=dict)
    case: str | None = None
    owner: str | None = None
    captures: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    phone: tuple[str, ...] = ()
    intake: Intake | None = None

    def arguments(self) -> dict[str, Any]:
        """For bundle.json."""
        return {
            "case": self.case,
            "owner": self.owner,
            "captures": self.captures,
            "keys": self.keys,
            "phone": list(self.phone),
            **({"also": self.also} if self.also else {}),
        }


def collect_case(folder: Path, attachments: Sequence[Path]) -> Collected:
    """The members for a case folder; `InputError` when something is gone or was changed since."""
    kept = read_kept(folder)
    if not kept.files:
        raise InputError(folder / INPUTS, "is missing, so nobody knows what the audit read; audit anew")
    found = Collected(phone=kept.phone)
    places = _inputs(kept, found)
    for path, digest in kept.files.items():
        place = places.get(_plain(path))
        if place is not None and hash_file(path) != digest:
            raise InputError(path, "was changed since the audit; audit anew, then seal")
    _result(folder, kept, found, places)
    found.intake = _intake(folder, kept)
    for path in attachments:
        for file in files_of(path):
            _add(found, f"{ATTACHED}/{file.name}", file)
    return found


def _intake(folder: Path, kept: KeptInputs) -> Intake | None:
    """Who took the captures in; a record that speaks of other captures is refused."""
    intake = read_intake(folder)
    hashes = {one.sha256 for one in intake.captures} if intake else set()
    if intake and not {kept.files[path] for path in kept.captures if path in kept.files} <= hashes:
        raise InputError(folder / CUSTODY, "does not speak of the captures that were audited; audit anew")
    return intake


def table_file(name: str) -> str:
    """Where a table lies in a case folder."""
    return f"tables/{name}.parquet"


def _inputs(kept: KeptInputs, found: Collected) -> dict[Path, str]:
    """Puts the inputs into `found`; where each of them came to lie."""
    places: dict[Path, str] = {}
    if kept.case is not None:
        case = read_case(kept.case)
        files = [*case.files]
        if kept.owner is None and case.owner is not None:
            files += read_owner(case.owner).files
        _refuse_absolute(kept.case, files)
        _put_group("case", files, found, places)
        found.case = places[_plain(kept.case)]
    if kept.owner is not None:
        files = list(read_owner(kept.owner).files)
        _refuse_absolute(kept.owner, files)
        _put_group("owner", files, found, places)
        found.owner = places[_plain(kept.owner)]
    for group, paths, names in (
        ("captures", kept.given_captures, found.captures),
        ("keys", kept.given_keys, found.keys),
    ):
        for number, path in enumerate(paths, start=1):
            place = f"{INPUT}/{group}/{number:03d}/{path.name}"
            for file in files_of(path):
                _add(found, place if file == path else f"{place}/{file.name}", file)
                places.setdefault(_plain(file), place if file == path else f"{place}/{file.name}")
            places.setdefault(_plain(path), place)
            names.append(place)
    for number, path in enumerate(kept.given_also, start=1):
        file = result_file(path)
        # A verdict names an other audit by its folder: it keeps that name.
        place = f"{INPUT}/also/{number:03d}/{file.resolve().parent.name}/{file.name}"
        _add(found, place, file)
        places[_plain(file)] = place
        found.also.append(place)
    return places


def _put_group(group: str, paths: Iterable[Path], found: Collected, places: dict[Path, str]) -> None:
    """Files under the folder that they have in common, so that they find each other as before."""
    files = [_plain(file) for path in paths for file in files_of(path)]
    base = Path(os.path.commonpath([file.parent for file in files]))
    for file in dict.fromkeys(files):
        place = f"{INPUT}/{group}/{PurePosixPath(*file.relative_to(base).parts)}"
        _add(found, place, file)
        places[file] = place


def _result(folder: Path, kept: KeptInputs, found: Collected, places: dict[Path, str]) -> None:
    if not (folder / _WRITTEN[0]).is_file():
        raise InputError(folder, "this is not the folder of an audit: it holds no result.json")
    for name in _WRITTEN:
        if (folder / name).is_file():
            _add(found, f"{RESULT}/{name}", folder / name)
    beside = [*sorted((folder / "evidence").rglob("*")), *(folder / table_file(name) for name in TABLES)]
    for file in beside:
        if file.is_file():
            _add(found, f"{RESULT}/{file.relative_to(folder).as_posix()}", file)
    root = Path("/bundle")

    def moved(paths: Iterable[Path]) -> tuple[Path, ...]:
        return tuple(root / places[_plain(path)] for path in paths if _plain(path) in places)

    there = KeptInputs(
        captures=moved(kept.captures),
        keys=moved(kept.keys),
        audit_export=next(iter(moved([kept.audit_export] if kept.audit_export else [])), None),
        case=root / found.case if found.case else None,
        owner=root / found.owner if found.owner else None,
        given_captures=tuple(root / name for name in found.captures),
        given_keys=tuple(root / name for name in found.keys),
        given_also=tuple(root / name for name in found.also),
        phone=kept.phone,
        files={root / places[_plain(p)]: h for p, h in kept.files.items() if _plain(p) in places},
    )
    found.members[f"{RESULT}/{INPUTS}"] = there.text(root / RESULT).encode()


def _add(found: Collected, name: str, source: Path) -> None:
    if name in found.members:
        raise InputError(source, "has the same name as another file of the bundle; rename one")
    found.members[name] = source


def _refuse_absolute(toml: Path, files: Iterable[Path]) -> None:
    """A path from the root would lead out of the bundle on another machine."""
    known = {_plain(file) for file in files}
    for text in _texts(tomllib.loads(toml.read_text("utf-8-sig"))):
        if Path(text).is_absolute() and _plain(Path(text)) in known:
            raise InputError(toml, f"names '{text}' from the root; name it relative to the file, audit, seal")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _plain(path: Path) -> Path:
    """Absolute, without `..`, links not followed: two spellings of one place are equal."""
    return Path(os.path.normpath(Path.cwd() / path))
