"""Where sealed chunks lie: names to bytes that may grow. In memory, or in a folder of a disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from optin.cloud.problem import Problem


class ObjectStore(Protocol):
    """Opaque bytes by vault and name (both lower-case hex). Shared by all cloud processes."""

    def write(self, vault: str, name: str, offset: int, data: bytes) -> None:
        """Make ``data`` the bytes from ``offset`` on; what stood there before is cut off."""

    def read(self, vault: str, name: str) -> bytes | None:
        """All bytes, or None."""

    def delete(self, vault: str, name: str) -> None:
        """Forget; a name that is not there is fine."""


class MemoryObjects:
    """A dictionary, for tests and the laboratory."""

    def __init__(self) -> None:
        """Begin empty."""
        self.values: dict[tuple[str, str], bytes] = {}

    def write(self, vault: str, name: str, offset: int, data: bytes) -> None:
        """See :class:`ObjectStore`."""
        self.values[vault, name] = self.values.get((vault, name), b"")[:offset] + data

    def read(self, vault: str, name: str) -> bytes | None:
        """See :class:`ObjectStore`."""
        return self.values.get((vault, name))

    def delete(self, vault: str, name: str) -> None:
        """See :class:`ObjectStore`."""
        self.values.pop((vault, name), None)


class FolderObjects:
    """One file a chunk, in a folder a vault. Bytes are on the disk before the cloud says that it has them."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, empty or of an earlier run."""
        self._folder = folder

    def write(self, vault: str, name: str, offset: int, data: bytes) -> None:
        """See :class:`ObjectStore`. A full disk is a 507 and leaves what was there."""
        path = self._path(vault, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("r+b" if path.exists() else "w+b") as file:
                file.truncate(offset)
                file.seek(offset)
                file.write(data)
                file.flush()
                os.fdatasync(file.fileno())
        except OSError as error:
            raise Problem(
                507, "Storage is full", "The chunk could not be stored; try again later."
            ) from error

    def read(self, vault: str, name: str) -> bytes | None:
        """See :class:`ObjectStore`. A disk that does not read is a 503."""
        path = self._path(vault, name)
        try:
            return path.read_bytes() if path.exists() else None
        except OSError as error:
            raise Problem(503, "Busy", "The store of chunks does not answer now; try again later.") from error

    def delete(self, vault: str, name: str) -> None:
        """See :class:`ObjectStore`. A vault's empty folder goes as well."""
        path = self._path(vault, name)
        path.unlink(missing_ok=True)
        with suppress(OSError):  # it holds other chunks, or another process took it away or filled it
            path.parent.rmdir()

    def _path(self, vault: str, name: str) -> Path:
        return self._folder / vault[:32] / name
