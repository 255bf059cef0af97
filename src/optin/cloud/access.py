"""Who may do what: the cloud's own question to every upload, independent of the agent's."""

from __future__ import annotations

from dataclasses import dataclass

from optin.cloud.exchange import Question
from optin.cloud.problem import Problem
from optin.cloud.store import KnownConsent, Store
from optin.protocol.canonical import parse_bytes
from optin.protocol.proof import (
    CONSENT_HEADER,
    KEY_HEADER,
    PROOF_HEADER,
    TOLERANCE,
    Proof,
    digest_of,
    use_of_key,
)
from optin.protocol.signing import KEY_BYTES, SignatureError

_NO_CONSENT = "No live consent record covers this upload."


@dataclass(frozen=True, slots=True)
class Access:
    """What a checked request may act on."""

    consent: KnownConsent
    proof: Proof

    @property
    def vault(self) -> str:
        """Hex of the key that the consent is signed with; chunks lie under it."""
        return self.consent.record.key.hex()


def require_live(question: Question, store: Store, *data: str, whole: bool = True) -> Access:
    """The live consent that covers an upload of ``data``, proven to be the sender's own; else a Problem."""
    access = require_holder(question, store, whole=whole)
    record = access.consent.record.consent
    # The cloud cannot see the phone's network or battery: those conditions are the agent's to keep.
    live = record.live(question.now, record.when) and access.consent.withdrawn is None
    if not live or not record.covers(question.host, data):
        raise Problem(403, "No consent", _NO_CONSENT)
    return access


def require_holder(question: Question, store: Store, *, whole: bool = True) -> Access:
    """The consent that the request names, live or ended, proven to be the sender's own."""
    identifier = question.headers.get(CONSENT_HEADER.lower(), "")
    known = store.consent(identifier[:64])
    if known is None:
        raise Problem(403, "No consent", _NO_CONSENT)
    return Access(known, _proof(question, identifier, known.record.key, whole=whole))


def require_key(question: Question) -> str:
    """Hex of the vault key that the request names and proves to hold."""
    try:
        key = parse_bytes(question.headers.get(KEY_HEADER.lower()), KEY_BYTES)
    except ValueError as error:
        raise Problem(401, "No key", f"The header {KEY_HEADER} names no key.") from error
    _proof(question, use_of_key(key), key, whole=True)
    return key.hex()


def _proof(question: Question, use: str, key: bytes, *, whole: bool) -> Proof:
    try:
        proof = Proof.parse(question.headers.get(PROOF_HEADER.lower(), ""))
        proof.check(question.method, question.host, question.path, use, key)
    except SignatureError as error:
        raise Problem(403, "Foreign", "The request is not signed by the key of that consent.") from error
    except ValueError as error:
        raise Problem(401, "No proof", f"The header {PROOF_HEADER} is missing or malformed.") from error
    if abs(question.now - proof.time) > TOLERANCE:
        raise Problem(403, "Wrong time", "The request was signed at another time than now; check the clock.")
    if whole and proof.digest != digest_of(question.body):
        raise Problem(400, "Damaged", "The body is not the one that was signed.")
    return proof
