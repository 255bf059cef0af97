"""The case folder on disk: written whole or not at all.

Everything goes into a temporary folder beside the wanted one, which is renamed at the very end: a full disk,
a crash or an interruption leaves nothing that looks whole.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wirewitness.case_custody import CUSTODY, intake_text
from wirewitness.kept_inputs import INPUTS, KeptInputs
from wirewitness.model.custody import Intake
from wirewitness.model.errors import ArgumentError, InputError
from wirewitness.model.result import FORMAT, Result

RESULT = "result.json"


@contextmanager
def new_folder(output: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder that becomes `output` when the block ends well, and vanishes when it does not.

    An `output` that exists is refused; with `force` an earlier result is replaced, and never anything else.
    """
    refuse_folder(output, force=force)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{output.name}.", suffix=".part", dir=output.parent))
    except OSError as error:
        raise InputError(output.parent, f"cannot be written to: {error.strerror}") from None
    try:
        yield folder
        folder.chmod(0o755 & ~_umask())
        _put(folder, output)
    except OSError as error:
        if not _is_ours(error, folder):
            raise
        raise InputError(output, f"cannot be written: {error.strerror or error}; nothing was kept") from None
    except InputError as error:
        if folder not in error.path.parents:
            raise
        raise InputError(output, f"{error.reason}; nothing was kept") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_result(folder: Path, result: Result) -> None:
    """`result.json`, flushed to the disk, so that a full disk is met here and not later."""
    _write(folder / RESULT, result.pieces())


def write_inputs(folder: Path, output: Path, kept: KeptInputs) -> None:
    """`inputs.json`: where the inputs are, relative to the folder's place to be; no secrets."""
    _write(folder / INPUTS, [kept.text(output)])


def write_intake(folder: Path, intake: Intake) -> None:
    """`custody.json`: who took the captures in, where and when."""
    _write(folder / CUSTODY, [intake_text(intake)])


def refuse_folder(output: Path, *, force: bool) -> None:
    """`ArgumentError` for a folder that an audit would not write over: it holds no earlier result."""
    if not output.exists() and not output.is_symlink():
        return
    if not output.is_dir():
        raise ArgumentError(f"{output} is not a folder; name a folder that does not exist yet")
    if not any(output.iterdir()):
        return
    if not _is_result(output / RESULT):
        raise ArgumentError(
            f"{output} exists and holds no earlier result; name a folder that does not exist yet"
        )
    if not force:
        raise ArgumentError(
            f"{output} holds an earlier result; give --force to replace it, or another folder"
        )


def _is_result(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return FORMAT.encode() in file.read(256)
    except OSError:
        return False


def _put(folder: Path, output: Path) -> None:
    """The rename; an earlier result steps aside first and is removed only when the new one stands."""
    if not output.exists():
        folder.rename(output)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{output.name}.", suffix=".old", dir=output.parent))
    output.rename(aside / output.name)
    try:
        folder.rename(output)
    except OSError:
        (aside / output.name).rename(output)
        raise
    finally:
        if output.exists():
            shutil.rmtree(aside, ignore_errors=True)


def _write(path: Path, pieces: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _is_ours(error: OSError, folder: Path) -> bool:
    """Whether the error is about what we write (or about no file: a full disk met by another library)."""
    return error.filename is None or str(folder) in str(error.filename) or str(folder) in str(error.filename2)
