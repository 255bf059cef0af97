"""TLS between the phone and a host by `ssl.MemoryBIO`: real handshakes and records, no sockets.

In: bytes that a side received. Out: application bytes, and bytes for the other side. "Need more" looks like
empty results. Sources: RFC 5246 (1.2), RFC 8446 (1.3).
"""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from wirelab.certificate import Identity

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
REFUSALS = ("unknown_ca", "certificate_unknown", "close")


class TlsSide:
    """One end of a TLS connection."""

    __slots__ = ("_in", "_out", "handshaken", "object", "over")

    def __init__(
        self, context: ssl.SSLContext, *, server: bool, name: str | None, session: ssl.SSLSession | None
    ) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(
            self._in, self._out, server_side=server, server_hostname=None if server else name, session=session
        )
        self.handshaken = False
        self.over = ""

    def start(self) -> bytes:
        """Begin the handshake: what to send first (the client's hello; nothing for a server)."""
        self._shake()
        return self._out.read()

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Bytes received: the application bytes in them, and what to send back."""
        self._in.write(data)
        if not self.handshaken:
            self._shake()
        plain = self._read() if self.handshaken and not self.over else b""
        return plain, self._out.read()

    def seal(self, plain: bytes) -> bytes:
        """Application bytes as records to send."""
        self.object.write(plain)
        return self._out.read()

    def shut(self) -> bytes:
        """The close_notify alert."""
        try:
            self.object.unwrap()
        except ssl.SSLError:
            self.over = (
                self.over or "closed"
            )  # the other side's own close_notify has not come yet, which is usual
        return self._out.read()

    def _shake(self) -> None:
        try:
            self.object.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            self.over = error.reason or "error"
            return
        self.handshaken = True

    def _read(self) -> bytes:
        parts = []
        try:
            while part := self.object.read(1 << 18):
                parts.append(part)
            self.over = "closed"
        except ssl.SSLWantReadError:
            pass  # all that came has been read
        except ssl.SSLZeroReturnError:
            self.over = "closed"
        except ssl.SSLError as error:
            self.over = error.reason or "error"
        return b"".join(parts)


@dataclass(frozen=True)
class TlsProfile:
    """What both sides agree to speak: "1.2" or "1.3", ALPN names, an OpenSSL cipher name for 1.2 or None."""

    version: str
    alpn: tuple[str, ...]
    cipher: str | None


class TlsKit:
    """Contexts for both sides, and the key log that OpenSSL writes while they shake hands."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="wirelab-")
        self._log_path = Path(self._folder.name) / "keys.log"
        self._log_path.touch()
        self._log = self._log_path.open("rb")
        self._clients: dict[tuple[TlsProfile, str | None], ssl.SSLContext] = {}

    def close(self) -> None:
        """Remove the temporary folder."""
        self._log.close()
        self._folder.cleanup()

    def new_keys(self) -> bytes:
        """Key log lines written since the last call; one thread plays, so they are the last handshake's."""
        return self._log.read()

    def client(self, profile: TlsProfile, refuses: str | None = None) -> ssl.SSLContext:
        """The phone's context for a profile.

        With `refuses` "unknown_ca" or "certificate_unknown" it checks the certificate, against nothing, and
        aborts with that alert.
        """
        key = (profile, refuses)
        if key not in self._clients:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_REQUIRED if refuses in REFUSALS[:2] else ssl.CERT_NONE
            self._shape(context, profile)
            self._clients[key] = context
        return self._clients[key]

    def trusting(self, profile: TlsProfile, authority_pem: str) -> ssl.SSLContext:
        """A client that knows the authority and still refuses, because it is strict about extensions.

        That makes OpenSSL send certificate_unknown, as Android does.
        """
        context = self.client(profile, "certificate_unknown")
        if not context.verify_flags & ssl.VerifyFlags.VERIFY_X509_STRICT:
            context.load_verify_locations(cadata=authority_pem)
            context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
        return context

    def server(self, profile: TlsProfile, identity: Identity) -> ssl.SSLContext:
        """A host's context."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        path = Path(self._folder.name) / "identity.pem"
        path.write_bytes(identity.pem)
        context.load_cert_chain(path)
        path.unlink()
        self._shape(context, profile)
        return context

    def _shape(self, context: ssl.SSLContext, profile: TlsProfile) -> None:
        version = VERSIONS[profile.version]
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = version
        if profile.version == "1.3":
            context.minimum_version = version
        if profile.cipher is not None:
            context.set_ciphers(f"{profile.cipher}:@SECLEVEL=0")
        if profile.alpn:
            context.set_alpn_protocols(list(profile.alpn))
        context.keylog_filename = str(self._log_path)
