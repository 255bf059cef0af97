"""A capture that is being recorded, decoded while it comes: the core follows the file that is written.

What is decoded stands for the audit only where the audit would decode the very same: the same phone, keys,
needles and no secrets inside the capture. Who the phone is, is asked again as the recording grows, of what
came so far; where the whole says otherwise, the file is decoded once more at its end, as any other.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from wirewitness import decode
from wirewitness.case_inputs import Given, key_files_of, request_for
from wirewitness.find.needles import watch_for
from wirewitness.find.owner_file import read_owner
from wirewitness.judge.audit_export import AuditExport, read_audit_export
from wirewitness.judge.case_reader import read_case
from wirewitness.model.case_file import CaseFile
from wirewitness.model.decoding import TABLES, CaptureInfo, DecodeRequest, PhoneGuess, Progress
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.fact import Owner

WINDOWS = "windows"
FIRST_LOOK, LAST_LOOK = 64 << 10, 64 << 20
"""Who the phone is is asked after so many bytes, after four times as many, and so on; not beyond the last."""


def follow_recording(given: Given, beside: Path) -> LiveDecoder:
    """What decodes a recording for its audit; it follows nothing where other captures belong to the case."""
    case_file = read_case(given.case) if given.case else CaseFile()
    owner_path = given.owner or case_file.owner
    owner = read_owner(owner_path) if owner_path else Owner()
    export = read_audit_export(case_file.audit_export) if case_file.audit_export else AuditExport()
    wanted = request_for(
        (),
        [path for path in key_files_of(given, case_file) if path.is_file()],
        export,
        phone=given.phone or case_file.device.addresses,
        macs=() if given.phone else case_file.device.macs,
        needles=watch_for(owner).needles,
    )
    alone = len(given.captures) == 1 and not case_file.captures
    return LiveDecoder(wanted if alone else None, beside)


class LiveDecoder:
    """A `Decoder` that has decoded the recording, or most of it, before it is asked to.

    Use it in `with`: `begin` when the recording's file is there, `grew` after each piece is written, `ended`
    with what the first look over all of it said.
    """

    def __init__(self, wanted: DecodeRequest | None, beside: Path) -> None:
        """`wanted` names no capture, and no phone where nobody says who it is; tables wait `beside`."""
        self._wanted = wanted
        self._beside = beside
        self._changed = threading.Condition()
        self._size, self._read = 0, 0
        self._whole, self._stopped, self._over = False, False, True
        self._phone, self._another, self._look = PhoneGuess((), (), ""), False, 0
        self._done: DecodeRequest | None = None
        self._info: CaptureInfo | None = None
        self._path = Path()
        self._folder: Path | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def begin(self, path: Path) -> None:
        """The recording's file is there; its bytes are read from it as they are told of."""
        self._path = path
        if self._wanted is None:
            return
        self._phone = PhoneGuess(self._wanted.phone_addresses, self._wanted.phone_macs, "")
        self._look = 0 if self._phone.addresses or self._phone.macs else FIRST_LOOK
        self._folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=self._beside))
        self._over = False
        self._thread = threading.Thread(
            target=self._follow, args=(self._wanted, self._folder), name="decode", daemon=True
        )
        self._thread.start()

    def grew(self, size: int) -> None:
        """The file holds so many bytes."""
        with self._changed:
            self._size = size
            self._changed.notify_all()

    def ended(self, info: CaptureInfo) -> None:
        """The recording is over."""
        self._info = replace(info, path=self._path)
        with self._changed:
            self._whole = True
            self._changed.notify_all()

    def wait_for(self, size: int) -> int:
        """Waits until the core has taken so many bytes, or takes no more; how many it has taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._read >= size or self._over)
            return self._read

    def prescan(self, path: Path) -> CaptureInfo:
        """Of the recording, what was seen of it as it came."""
        return self._info if self._info is not None and path == self._path else decode.prescan(path)

    def choose_phone(self, infos: Sequence[CaptureInfo]) -> PhoneGuess:
        """As for any capture."""
        return decode.choose_phone(infos)

    def decode_captures(self, request: DecodeRequest, tables_dir: Path, progress: Progress) -> None:
        """The tables that were made while the recording came, where they are those that are asked for."""
        with self._changed:
            while not self._over:
                self._changed.wait(0.25)
                progress("decode", self._read, self._size)
        if self._folder is None or not self._answers(request):
            decode.decode_captures(request, tables_dir, progress)
            return
        tables_dir.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            shutil.move(self._folder / f"{name}.parquet", tables_dir / f"{name}.parquet")
        if request.windows is not None:
            request.windows.mkdir(parents=True, exist_ok=True)
            for made in (self._folder / WINDOWS).iterdir():
                shutil.move(made, request.windows / made.name)

    def _answers(self, request: DecodeRequest) -> bool:
        """Whether the recording alone is asked for, and all else as it was decoded with."""
        first = request.captures[0]
        alone = len(request.captures) == 1 and first.path == self._path and not first.secrets
        return alone and self._done == replace(request, captures=(), windows=None)

    def _follow(self, wanted: DecodeRequest, folder: Path) -> None:
        """Decodes what comes, from the beginning again where it shows that another is the phone."""
        try:
            while not self._stopped:
                self._another = False
                request = replace(wanted, phone_addresses=self._phone.addresses, phone_macs=self._phone.macs)
                try:
                    with FileIO(self._path) as file:
                        with_windows = replace(request, windows=folder / WINDOWS)
                        decode.decode_stream(with_windows, self._path, partial(self._more, file), folder)
                except InputError:
                    if not self._another:  # else it was cut short to begin anew
                        raise
                if not self._another:
                    self._done = None if self._stopped else request
                    return
        except (InputError, ArgumentError, OSError):
            self._done = None  # the audit decodes the recording itself, meets the same and says it
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _more(self, file: FileIO, most: int) -> bytes:
        """The next bytes of the recording, once they are there; none at its end, or where all begins anew."""
        at = file.tell()
        with self._changed:
            self._read = at
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._size > at or self._whole or self._stopped)
            size = self._size
        if self._stopped or self._has_another_phone(size):
            return b""
        return file.read(min(most, size - at))

    def _has_another_phone(self, size: int) -> bool:
        if not self._look or size < self._look:
            return False
        self._look = self._look * 4 if self._look < LAST_LOOK else 0
        with FileIO(self._path) as file:
            try:
                info = decode.prescan_live("", lambda most: file.read(min(most, size - file.tell())))
            except InputError:
                return False
        found = decode.choose_phone([info])
        before = self._phone
        self._phone = found
        self._another = (found.addresses, found.macs) != (before.addresses, before.macs)
        return self._another
