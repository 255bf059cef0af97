"""Where the agent keeps its state: names to bytes. A phone gives a file or database, a test a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class StorageError(Exception):
    """The agent's memory cannot be read or written now; one sentence. What it held, it still holds."""


class Storage(Protocol):
    """Durable names and values. ``put`` returns only when the value would survive a crash."""

    def get(self, name: str) -> bytes | None:
        """The value, or None."""

    def put(self, name: str, value: bytes) -> None:
        """Store or replace."""

    def delete(self, name: str) -> None:
        """Forget; a name that is not there is fine."""

    def names(self, prefix: str) -> Iterator[str]:
        """Stored names that begin with ``prefix``, sorted."""


class MemoryStorage:
    """A dictionary, for tests and the laboratory."""

    def __init__(self) -> None:
        """Begin empty."""
        self._values: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        """See :class:`Storage`."""
        return self._values.get(name)

    def put(self, name: str, value: bytes) -> None:
        """See :class:`Storage`."""
        self._values[name] = value

    def delete(self, name: str) -> None:
        """See :class:`Storage`."""
        self._values.pop(name, None)

    def names(self, prefix: str) -> Iterator[str]:
        """See :class:`Storage`."""
        return iter(sorted(name for name in self._values if name.startswith(prefix)))
