"""The vault: the owner's backup keys, all derived from the recovery phrase, none of which ever leaves."""

from __future__ import annotations

from optin.agent.chest import Chest
from optin.protocol.chunk import Randomness, name_chunk
from optin.protocol.phrase import ENTROPY_BYTES, derive, parse_phrase, render_phrase, stretch
from optin.protocol.signing import public_key


class Vault:
    """Made when a backup is first turned on, or opened by its phrase on a new phone."""

    def __init__(self, chest: Chest, randomness: Randomness) -> None:
        self._chest, self._randomness = chest, randomness

    @property
    def exists(self) -> bool:
        """False until a backup was turned on or a phrase was typed in."""
        return self._chest.secret("root") is not None

    def open(self, phrase: str) -> None:
        """Take the keys of a phrase; ValueError when it is none."""
        self._chest.keep_secret("root", stretch(phrase))
        self._chest.keep_secret("phrase", render_phrase(parse_phrase(phrase)).encode())

    @property
    def phrase(self) -> str | None:
        """The recovery phrase, for the owner to write down; None when there is no vault."""
        words = self._chest.secret("phrase")
        return None if words is None else words.decode()

    @property
    def seed(self) -> bytes:
        """Signs the consents of backups and requests about the vault."""
        return derive(self._root(), "sign")

    @property
    def key(self) -> bytes:
        """The public half of :attr:`seed`: the vault's name at the cloud."""
        return public_key(self.seed)

    @property
    def naming(self) -> bytes:
        """Names chunks by their content."""
        return derive(self._root(), "name")

    @property
    def manifest(self) -> bytes:
        """Seals manifests."""
        return derive(self._root(), "manifest")

    def key_digest(self, digest: str) -> str:
        """The owner's own form of a SHA-256: not even inside a seal does a plain digest leave."""
        return name_chunk(bytes.fromhex(digest), self.naming)

    def shred(self) -> None:
        """Forget phrase and keys: what a copy of the backup holds can be opened by nobody any more."""
        self._chest.keep_secret("root", None)
        self._chest.keep_secret("phrase", None)

    def _root(self) -> bytes:
        root = self._chest.secret("root")
        if root is None:
            self.open(render_phrase(self._randomness(ENTROPY_BYTES)))
            root = self._chest.secret("root")
        assert root is not None  # noqa: S101 - just kept
        return root
