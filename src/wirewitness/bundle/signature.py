"""Ed25519 signatures in the SSH format (PROTOCOL.sshsig), which `ssh-keygen -Y verify` reads.

The message is the tag manifest, the namespace "wirewitness".
"""

from __future__ import annotations

import base64
import hashlib
import struct
import textwrap
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)

from wirewitness.model.errors import InputError

NAMESPACE = "wirewitness"
_MAGIC = b"SSHSIG"
_TYPE = b"ssh-ed25519"
_HASH = b"sha512"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


@dataclass(frozen=True)
class Signed:
    """A signature's public key: its fingerprint as ssh-keygen prints it, and the line for allowed_signers."""

    fingerprint: str
    public_key: str


def load_private(path: Path, password: bytes | None = None) -> Ed25519PrivateKey:
    """An Ed25519 key of OpenSSH; `InputError` for another sort, or one whose passphrase is not given."""
    try:
        key = load_ssh_private_key(path.read_bytes(), password)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    except TypeError:
        raise InputError(path, "has a passphrase; give it in WIREWITNESS_PASSPHRASE") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(path, "is not a private key of OpenSSH, or its passphrase is another") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(path, "is not an Ed25519 key; make one with ssh-keygen -t ed25519")
    return key


def load_public(path: Path) -> str:
    """The fingerprint of a public key file."""
    try:
        key = load_ssh_public_key(path.read_bytes())
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(path, "is not a public key of OpenSSH") from None
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(path, "is not an Ed25519 key")
    return _fingerprint(_public_blob(key))


def fingerprint_of(key: Ed25519PrivateKey) -> str:
    """`SHA256:...` of the public half."""
    return _fingerprint(_public_blob(key.public_key()))


def sign(key: Ed25519PrivateKey, message: bytes) -> bytes:
    """The armoured signature."""
    inner = _text(_TYPE) + _text(key.sign(_to_sign(message)))
    blob = (
        _MAGIC
        + struct.pack(">I", 1)
        + _text(_public_blob(key.public_key()))
        + _text(NAMESPACE.encode())
        + _text(b"")
        + _text(_HASH)
        + _text(inner)
    )
    return _armoured(blob)


def check_signature(path: Path, name: str, signature: bytes, message: bytes) -> Signed:
    """Whose key signed the message; `InputError` when it did not, or the signature is of another sort."""
    wrong = InputError(path, f"'{name}' is not a signature of this bundle")
    try:
        blob = base64.b64decode("".join(signature.decode("ascii").split()[3:-3]), validate=True)
        if signature != _armoured(blob):
            raise wrong
        public = _take(blob, len(_MAGIC) + 4)
        key = Ed25519PublicKey.from_public_bytes(_take(public, len(_text(_TYPE)))[:32])
        inner = blob[-(4 + 64) :]
        expected = (
            _MAGIC
            + struct.pack(">I", 1)
            + _text(_public_blob(key))
            + _text(NAMESPACE.encode())
            + _text(b"")
            + _text(_HASH)
            + _text(_text(_TYPE) + inner)
        )
        if blob != expected:
            raise wrong
        key.verify(inner[4:], _to_sign(message))
    except (ValueError, IndexError, struct.error, InvalidSignature):
        raise wrong from None
    raw = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return Signed(_fingerprint(_public_blob(key)), raw)


def _armoured(blob: bytes) -> bytes:
    body = "\n".join(textwrap.wrap(base64.b64encode(blob).decode(), 70))
    return f"{_BEGIN}\n{body}\n{_END}\n".encode()


def _to_sign(message: bytes) -> bytes:
    digest = hashlib.sha512(message).digest()
    return _MAGIC + _text(NAMESPACE.encode()) + _text(b"") + _text(_HASH) + _text(digest)


def _public_blob(key: Ed25519PublicKey) -> bytes:
    return _text(_TYPE) + _text(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _fingerprint(blob: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _text(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _take(data: bytes, at: int) -> bytes:
    (length,) = struct.unpack_from(">I", data, at)
    return data[at + 4 : at + 4 + length]
