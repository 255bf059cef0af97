"""What an audit is given, read and checked, before anything is decoded: case, owner, captures, keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wirewitness.case_rotation import join_rotated
from wirewitness.find.owner_file import read_owner
from wirewitness.judge.audit_export import AuditExport, read_audit_export
from wirewitness.judge.case_reader import read_case
from wirewitness.judge.timeline import Recorded
from wirewitness.model.case_file import CaptureFile, CaseFile
from wirewitness.model.decoding import CaptureInfo, Decoder, DecodeRequest, PhoneGuess, Progress
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.fact import Owner
from wirewitness.model.instant import NS, Instant, hours
from wirewitness.model.needle import Needles
from wirewitness.model.reason import Note
from wirewitness.model.remark import Remark
from wirewitness.model.result import Phone
from wirewitness.model.telling import Source
from wirewitness.sibling_keys import find_sibling_keys
from wirewitness.sources import IMPORTERS, recognise
from wirewitness.sources.conversation import is_private
from wirewitness.sources.reading import head_of
from wirewitness.sources.zeek import logs_of

SILENT_NS = 86_400 * NS
"""Statistics that claim more than a day without packets, before or after them, are not believed."""
_BY_SOURCE = "dominant initiator of a private address"
_ONE_DEVICE = "the source is of one device"


@dataclass(frozen=True)
class Given:
    """What the caller named, beside what the case file names."""

    captures: tuple[Path, ...]
    keys: tuple[Path, ...]
    owner: Path | None
    case: Path | None
    phone: tuple[str, ...]
    also: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """What was given, read: captures in time order, each once, with the file that named it."""

    case: CaseFile
    case_given: bool
    owner: Owner
    owner_given: bool
    captures: tuple[tuple[CaptureInfo, CaptureFile], ...]
    keys: tuple[Path, ...]
    export: AuditExport
    phone: Phone
    phone_macs: tuple[str, ...]
    notes: tuple[Remark, ...]

    @property
    def infos(self) -> tuple[CaptureInfo, ...]:
        """The captures as the decoder knows them."""
        return tuple(info for info, _ in self.captures)

    @property
    def recorded(self) -> tuple[Recorded, ...]:
        """Captures that hold packets, on the time line. Their places are those of the tables' `capture`."""
        return tuple(
            _recorded(info, info.first, info.last, file)
            for info, file in self.captures
            if info.first is not None and info.last is not None
        )

    @property
    def unread(self) -> tuple[str, ...]:
        """Names of the captures that were given and could not be read."""
        code = Note.CAPTURE_UNREADABLE.value
        return tuple(str(note.params["capture"]) for note in self.notes if note.code == code)


def _recorded(info: CaptureInfo, first: Instant, last: Instant, file: CaptureFile) -> Recorded:
    """From the first packet to the last, and what the recorder's statistics say around and between them."""
    spans = tuple(
        (begun, ended)
        for begun, ended in info.ran
        if begun <= last and ended >= first and ended - begun <= last - first + SILENT_NS
    )
    return Recorded(
        min([first, *(begun for begun, _ in spans)]),
        max([last, *(ended for _, ended in spans)]),
        file.network,
        whole=info.whole,
        ran=spans,
    )


def read_inputs(given: Given, decoder: Decoder, progress: Progress) -> Inputs:
    """Reads everything but the captures' contents, and refuses what cannot be audited."""
    case_file = read_case(given.case) if given.case else CaseFile()
    owner_path = given.owner or case_file.owner
    files = (*case_file.captures, *(CaptureFile(path) for path in _unfolded(given.captures)))
    if not files:
        raise ArgumentError("there is no capture to audit: name one, or a case file that names some")
    from_folders = frozenset(_unfolded([path for path in given.captures if path.is_dir()]))
    infos, notes = _prescan(files, from_folders, decoder, progress)
    if not infos:
        raise InputError(files[0].path.parent, "holds nothing that can be read as a capture")
    key_files = key_files_of(given, case_file)
    if not key_files and given.case is None:
        # A case file names what belongs to it; without one, what lies beside is of the same recording.
        key_files = find_sibling_keys(
            file.path for info, _ in infos if info.source is None for file in info.files
        )
        notes += [Remark.of(Note.KEYS_FOUND, log=path.name) for path in key_files]
    chosen, macs = _choose_phone(infos, case_file, given.phone, decoder)
    export = read_audit_export(case_file.audit_export) if case_file.audit_export else AuditExport()
    return Inputs(
        case=case_file,
        case_given=given.case is not None,
        owner=read_owner(owner_path) if owner_path else Owner(),
        owner_given=owner_path is not None,
        captures=tuple(infos),
        keys=key_files,
        export=export,
        phone=chosen,
        phone_macs=macs,
        notes=tuple(notes),
    )


def key_files_of(given: Given, case: CaseFile) -> tuple[Path, ...]:
    """The key logs and private keys that the caller and the case file name."""
    return tuple(dict.fromkeys([*given.keys, *(file.keys for file in case.captures if file.keys)]))


def request_for(
    captures: tuple[CaptureInfo, ...],
    keys: Sequence[Path],
    export: AuditExport,
    *,
    phone: tuple[str, ...],
    macs: tuple[str, ...],
    needles: Needles,
) -> DecodeRequest:
    """All that the decoder is told. `InputError` for a key file that cannot be read."""
    return DecodeRequest(
        captures=captures,
        keylogs=(*(read_file(path) for path in keys), export.keylog),
        keylog_names=(*(path.name for path in keys), "the audit export"),
        phone_addresses=phone,
        phone_macs=macs,
        needles=needles,
        chunk_keys=export.chunk_keys,
    )


def read_file(path: Path) -> bytes:
    """The bytes of a file that was named. `InputError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None


def _unfolded(paths: Sequence[Path]) -> list[Path]:
    """A folder stands for the files in it, by name; Zeek's logs in it are one source together."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            logs = set(logs_of(path))
            inside = [p for p in path.iterdir() if p.is_file() and not p.name.startswith(".")]
            if not inside and not logs:
                raise InputError(path, "is a folder that holds no file")
            files += [path] * bool(logs) + sorted(set(inside) - logs)
        else:
            files.append(path)
    return files


def _prescan(
    files: Sequence[CaptureFile], from_folders: frozenset[Path], decoder: Decoder, progress: Progress
) -> tuple[list[tuple[CaptureInfo, CaptureFile]], list[Remark]]:
    """Captures in time order, each content once, empty ones last, rotated ones joined.

    What else a folder holds is passed over. A capture that cannot be read is noted where others can.
    """
    found: dict[str, tuple[CaptureInfo, CaptureFile]] = {}
    refused: list[InputError] = []
    notes: list[Remark] = []
    for number, file in enumerate(files):
        progress("prescan", number, len(files))
        try:
            info = _look_at(file.path, decoder)
        except InputError as error:
            if not file.path.exists():
                raise
            # A folder may hold other things; what was named as a capture, or may be one, is counted.
            if file.path not in from_folders or not os.access(file.path, os.R_OK):
                refused.append(error)
            continue
        if info.sha256 in found:
            notes.append(Remark.of(Note.CAPTURE_TWICE, capture=file.path.name))
            file = _joined(found[info.sha256][1], file)  # noqa: PLW2901 - what both say of one capture
        found[info.sha256] = (info, file)
    if refused and not found:
        raise refused[0]
    notes += [Remark.of(Note.CAPTURE_UNREADABLE, capture=e.path.name, why=e.reason) for e in refused]
    ordered = sorted(found.values(), key=lambda one: (one[0].first is None, one[0].first or 0, one[0].sha256))
    spans = [
        (info.first, info.last) for info, _ in ordered if info.first is not None and info.last is not None
    ]
    notes += _gaps(spans)
    joined, said = join_rotated(ordered)
    return joined, [*notes, *said]


def _gaps(spans: Sequence[tuple[Instant, Instant]]) -> list[Remark]:
    """Captures that overlap, and hours that none covers; `spans` are in the order of their beginnings."""
    notes: list[Remark] = []
    reached: Instant | None = None
    for first, last in spans:
        if reached is not None and first <= reached:
            both = min(reached, last)
            notes.append(Remark.of(Note.CAPTURES_OVERLAP, first=first.text, last=both.text))
        elif reached is not None and hours(first - reached) >= 1:
            notes.append(Remark.of(Note.CAPTURES_APART, hours=hours(first - reached)))
        reached = last if reached is None else max(reached, last)
    return notes


def _look_at(path: Path, decoder: Decoder) -> CaptureInfo:
    """A first look: an importer's, or the decoder's for what no importer knows."""
    source = recognise(path)
    if source is not None:
        return _told(source)
    try:
        return decoder.prescan(path)
    except InputError as error:
        if not path.is_file() or not _is_text(path):
            raise
        known = ", ".join(importer.what for importer in IMPORTERS)
        raise InputError(path, f"{error.reason.rstrip('.')}; nor is it {known}") from None


def _told(source: Source) -> CaptureInfo:
    info = source.info
    return CaptureInfo(
        path=info.path,
        sha256=info.sha256,
        packets=info.records,
        bytes=info.bytes,
        first=info.first,
        last=info.last,
        dropped=None,
        secrets=False,
        source=source,
    )


def _is_text(path: Path) -> bool:
    """Whether a file begins like a log or a table, so that its formats are worth naming."""
    start = head_of(path)[:256].lstrip()
    return start[:1] in (b"{", b"[", b"#", b'"') or (b"," in start and b"\0" not in start)


def _joined(first: CaptureFile, second: CaptureFile) -> CaptureFile:
    return CaptureFile(
        path=first.path,
        keys=first.keys or second.keys,
        network=first.network or second.network,
        vantage=first.vantage or second.vantage,
        continues=second.continues if first.continues is None else first.continues,
    )


def _choose_phone(
    infos: Sequence[tuple[CaptureInfo, CaptureFile]], case: CaseFile, phone: Sequence[str], decoder: Decoder
) -> tuple[Phone, tuple[str, ...]]:
    """What the user says, else what the case declares, else the core's rule."""
    if phone:
        return Phone(tuple(phone), "given with --phone"), ()
    if case.device.addresses or case.device.macs:
        return Phone(case.device.addresses, "declared in the case file"), case.device.macs
    guess = _guess([info for info, _ in infos], decoder)
    return Phone(guess.addresses, guess.how), guess.macs


def _guess(infos: Sequence[CaptureInfo], decoder: Decoder) -> PhoneGuess:
    """The core's rule over all packets; what was recorded on the phone or at its proxy adds an address.

    A capture without link-layer addresses (a VPN app's) and an intercepting proxy see one device alone, under
    an address that no other vantage knows.
    """
    packets = [info for info in infos if info.source is None]
    how = _BY_SOURCE if any(info.whole for info in infos) else _ONE_DEVICE
    guess = decoder.choose_phone(packets) if packets else PhoneGuess((), (), how)
    addresses = dict.fromkeys(guess.addresses)
    if len(packets) > 1:
        alone = [decoder.choose_phone([info]) for info in packets]
        addresses |= {a: None for one in alone if not one.macs for a in one.addresses}
    for info in sorted(infos, key=lambda info: not info.whole):
        told = dict(info.source.info.clients) if info.source is not None else {}
        sees_one_device = info.source is not None and not info.whole
        if told and (sees_one_device or not addresses) and not addresses.keys() & told:
            private = {a: n for a, n in told.items() if is_private(a)} or told
            addresses[min(private, key=lambda a: (-private[a], a))] = None
    return PhoneGuess(tuple(addresses), guess.macs, guess.how)
