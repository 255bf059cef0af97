"""Software updates by TUF (python-tuf): what is new for this phone, by delta where there is one.

The repository is fetched through whatever ``fetch`` is handed in. Expired, rolled back, mixed and tampered
states are refused by the framework; what to install, and whether it is this phone's turn, is decided here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import bsdiff4
from tuf.api import exceptions
from tuf.api.metadata import TargetFile
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from optin.protocol.release import Release, is_chosen, order

Fetch = Callable[[str], bytes | None]
"""The bytes at a path such as ``metadata/timestamp.json``; None when there are none."""
_REASONS = (
    (exceptions.ExpiredMetadataError, "the repository is out of date: someone holds back what is newer"),
    (exceptions.EqualVersionNumberError, "the repository contradicts itself"),
    (exceptions.BadVersionNumberError, "the repository was rolled back, or its parts do not belong together"),
    (exceptions.UnsignedMetadataError, "the repository is not signed by the keys that this phone knows"),
    (exceptions.LengthOrHashMismatchError, "a package or list is not the one that was signed"),
    (exceptions.DownloadError, "a part of the repository is missing"),
    (exceptions.RepositoryError, "the repository is damaged"),
)


class RefusedError(Exception):
    """Nothing is installed; one sentence says why."""


@dataclass(frozen=True, slots=True)
class Package:
    """New software, whole and checked. ``fetched`` bytes came for it."""

    version: str
    data: bytes
    fetched: int


class _Fetcher(FetcherInterface):
    def __init__(self, fetch: Fetch) -> None:
        self._source, self.fetched = fetch, 0

    def _fetch(self, url: str) -> Iterator[bytes]:
        data = self._source(url.removeprefix("repository:/"))
        if data is None:
            raise exceptions.DownloadHTTPError("not found", 404)
        self.fetched += len(data)
        return iter([data])


class _Updater(Updater):
    """The framework's client, with the two things that it gives no public way to."""

    def judge_at(self, now: datetime) -> None:
        """Judge dates by the time that is handed in; the framework itself reads the system's clock."""
        self._trusted_set.reference_time = now

    def list_targets(self) -> Mapping[str, TargetFile]:
        """Every target of the trusted list; the framework only answers for one whose name is known."""
        return self._trusted_set.targets.targets


class Software:
    """One phone's view of the repository. ``folder`` keeps trusted metadata, so that no rollback passes."""

    def __init__(self, folder: Path, root: bytes, draw: bytes) -> None:
        self._folder, self._root, self._draw = folder, root, draw

    def look(
        self, model: str, installed: str, current: bytes | None, fetch: Fetch, now: datetime
    ) -> Package | None:
        """The newest package whose turn it is on this phone, or None. Raises RefusedError."""
        fetcher = _Fetcher(fetch)
        metadata, targets = self._folder / "metadata", self._folder / "targets"
        for path in (metadata, targets):
            path.mkdir(parents=True, exist_ok=True)
        try:
            updater = _Updater(
                str(metadata),
                "repository:/metadata/",
                str(targets),
                "repository:/targets/",
                fetcher=fetcher,
                bootstrap=self._root,
            )
            updater.judge_at(now)
            updater.refresh()
            return self._newest(updater, fetcher, model, installed, current)
        except (exceptions.RepositoryError, exceptions.DownloadError) as error:
            raise RefusedError(_reason(error)) from error

    def _newest(
        self, updater: _Updater, fetcher: _Fetcher, model: str, installed: str, current: bytes | None
    ) -> Package | None:
        offered = [
            (name, Release.parse(target.unrecognized_fields.get("custom")))
            for name, target in updater.list_targets().items()
        ]
        open_now = [
            (name, release)
            for name, release in offered
            if release.model == model
            and order(release.version) > order(installed)
            and is_chosen(release.version, self._draw, release.percent)
            and release.base in (("", installed) if current is not None else ("",))
        ]
        if not open_now:
            return None
        # The newest version first, and of it the delta where there is one.
        name, release = max(open_now, key=lambda pair: (order(pair[1].version), pair[1].base != ""))
        info = updater.get_targetinfo(name)
        if info is None:
            raise RefusedError("a package that is listed is not there")
        data = Path(updater.download_target(info)).read_bytes()
        if release.base:
            data = bsdiff4.patch(current, data)
        if hashlib.sha256(data).hexdigest() != release.result:
            raise RefusedError("the delta does not make the package that was signed")
        return Package(release.version, data, fetcher.fetched)


def _reason(error: Exception) -> str:
    return next(reason for kind, reason in _REASONS if isinstance(error, kind))
