"""RFC 3161 timestamps: that a bundle existed at a time, said by an authority. No network here.

The shells carry the request to the authority. `openssl ts -verify -data tagmanifest-sha256.txt -in ...tsr`
reads what is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from wirewitness.model.errors import InputError


@dataclass(frozen=True)
class Stamped:
    """When, and whether the authority's certificate leads to one that the reader trusts."""

    time: datetime
    trusted: bool


def make_request(message: bytes) -> bytes:
    """The DER of a request for a timestamp over the message's SHA-256; it asks for the certificate too."""
    builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    return builder.nonce(nonce=False).cert_request(cert_request=True).build().as_bytes()


def check_timestamp(
    path: Path, name: str, response: bytes, message: bytes, authority: Path | None = None
) -> Stamped:
    """The time that a token states; `InputError` when it is of other bytes or not from the authority."""
    try:
        answer = decode_timestamp_response(response)
        granted = answer.status in {0, 1}
        imprint = answer.tst_info.message_imprint.message
        time = answer.tst_info.gen_time
    except (ValueError, VerificationError):
        raise InputError(path, f"'{name}' is not an answer of a timestamp authority") from None
    if not granted or imprint != hashlib.sha256(message).digest():
        raise InputError(path, f"'{name}' is a timestamp of something else")
    if authority is None:
        return Stamped(time, trusted=False)
    _check_authority(path, name, answer, message, authority)
    return Stamped(time, trusted=True)


def _check_authority(
    path: Path, name: str, answer: TimeStampResponse, message: bytes, authority: Path
) -> None:
    builder = VerifierBuilder()
    for certificate in _certificates(authority):
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify_message(answer, message)
    except VerificationError as error:
        raise InputError(path, f"'{name}' does not come from the authority in {authority}: {error}") from None


def _certificates(path: Path) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise InputError(path, "holds no certificate in PEM form") from None
