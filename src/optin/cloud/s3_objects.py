"""Sealed chunks in any S3-compatible store: one object for each stretch of a chunk that came in one request.

An object of S3 cannot grow. A stretch lies under ``VAULT/NAME/OFFSET``; most chunks come whole and are one
object. Where to find the store and with which keys: the usual variables ``AWS_ENDPOINT_URL``,
``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from optin.cloud.problem import Problem

_T = TypeVar("_T")
_DIGITS = 12


class S3Objects:
    """See :class:`optin.cloud.objects.ObjectStore`."""

    def __init__(self, url: str, **config: Any) -> None:
        """``url``: ``s3://BUCKET/PREFIX``. ``config`` goes to the client beside what the environment says."""
        self._store = S3Store.from_url(url, **config)

    def write(self, vault: str, name: str, offset: int, data: bytes) -> None:
        """See :class:`optin.cloud.objects.ObjectStore`. A store that does not answer is a 503."""
        later = [path for path, start in self._stretches(vault, name) if start > offset]
        if later:
            _asked(lambda: obstore.delete(self._store, later))
        _asked(lambda: obstore.put(self._store, f"{_folder(vault, name)}{offset:0{_DIGITS}}", data))

    def read(self, vault: str, name: str) -> bytes | None:
        """See :class:`optin.cloud.objects.ObjectStore`."""
        stretches = self._stretches(vault, name)
        if not stretches:
            return None
        whole = bytearray()
        for path, start in stretches:
            # A stretch that was sent again from an earlier byte on stands for what it overlaps.
            del whole[start:]
            whole += _asked(lambda path=path: obstore.get(self._store, path).bytes())  # type: ignore[misc]
        return bytes(whole)

    def delete(self, vault: str, name: str) -> None:
        """See :class:`optin.cloud.objects.ObjectStore`."""
        paths = [path for path, _ in self._stretches(vault, name)]
        if paths:
            _asked(lambda: obstore.delete(self._store, paths))

    def _stretches(self, vault: str, name: str) -> list[tuple[str, int]]:
        listed = _asked(lambda: list(obstore.list(self._store, _folder(vault, name))))
        paths = sorted(str(meta["path"]) for batch in listed for meta in batch)
        return [(path, int(path.rpartition("/")[2])) for path in paths]


def _folder(vault: str, name: str) -> str:
    return f"{vault[:32]}/{name}/"


def _asked(question: Callable[[], _T]) -> _T:
    try:
        return question()
    except (BaseError, OSError) as error:
        raise Problem(503, "Busy", "The store of chunks does not answer now; try again later.") from error
