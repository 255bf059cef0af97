"""The line to the cloud: one TLS connection at a time, HTTP/1.1, on a real socket.

A request goes out in small slices, and before each the line asks whether it may go on: when the owner
revokes, the connection is closed within a quarter of a second, whatever was under way.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h11

from optin.protocol.exchange import Request, Response

_SLICE = 128 * 1024
_PATIENCE_S = 0.25
_LONGEST_ANSWER = 64 * 1024 * 1024
_WAITS = 80
"""Quarters of a second that an answer is waited for."""


class LineError(Exception):
    """The request did not get through, or its answer did not come."""


class AbortedError(LineError):
    """The owner took back what the request stood on; what was left of it never went out."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a host of the cloud really listens. ``trust``: its certificate authority, PEM."""

    address: str
    port: int
    trust: Path


class Line:
    """Sends requests. ``keylog``: where the owner's audit export finds the session keys; None keeps none."""

    def __init__(self, endpoint: Endpoint, keylog: Path | None = None) -> None:
        self._endpoint = endpoint
        self._context = ssl.create_default_context(cafile=str(endpoint.trust))
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._context.set_alpn_protocols(["http/1.1"])
        if keylog is not None:
            keylog.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            keylog.touch(mode=0o600)
            self._context.keylog_filename = str(keylog)
        self._socket: ssl.SSLSocket | None = None
        self._host = ""
        self._state = h11.Connection(h11.CLIENT)

    def send(self, request: Request, holds: Callable[[], bool]) -> Response:
        """The answer. Raises LineError, or AbortedError as soon as ``holds`` says no."""
        if not holds():
            raise AbortedError("the request was taken back before it was sent")
        try:
            sending = self._connected(request.host)
            try:
                return self._exchange(sending, request, holds)
            except OSError as error:  # a reset, no route any more, broken TLS
                raise LineError("the connection was lost") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Hang up at once."""
        if self._socket is not None:
            # A reset instead of a farewell: what the system still holds of an aborted upload is not sent.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self._socket.close()
            self._socket = None

    def _connected(self, host: str) -> ssl.SSLSocket:
        if self._socket is not None and self._host == host and self._state.our_state is h11.IDLE:
            return self._socket
        self.close()
        try:
            bare = socket.create_connection((self._endpoint.address, self._endpoint.port), timeout=10)
            bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = self._wrapped(bare, host)
        except ssl.SSLCertVerificationError as error:
            raise LineError("the other side is not the cloud that this phone was paired with") from error
        except OSError as error:
            raise LineError("the cloud cannot be reached") from error
        self._socket.settimeout(_PATIENCE_S)
        self._host, self._state = host, h11.Connection(h11.CLIENT, max_incomplete_event_size=64 * 1024)
        return self._socket

    def _wrapped(self, bare: socket.socket, host: str) -> ssl.SSLSocket:
        try:
            return self._context.wrap_socket(bare, server_hostname=host)
        except BaseException:
            bare.close()
            raise

    def _exchange(self, sending: ssl.SSLSocket, request: Request, holds: Callable[[], bool]) -> Response:
        headers = [("Host", request.host), ("Content-Length", str(len(request.body))), *request.headers]
        start = self._state.send(h11.Request(method=request.method, target=request.path, headers=headers))
        self._out(sending, start or b"", holds)
        # h11 is told of the body, but the bytes go out as slices of what we hold: no copy of a large body.
        if request.body:
            self._state.send(h11.Data(data=request.body))
            self._out(sending, request.body, holds)
        self._state.send(h11.EndOfMessage())
        return self._answer(sending, holds)

    @staticmethod
    def _out(sending: ssl.SSLSocket, data: bytes, holds: Callable[[], bool]) -> None:
        view, at, silent = memoryview(data), 0, 0
        while at < len(data):
            if not holds():
                raise AbortedError("the request was taken back while it was under way")
            try:
                at += sending.send(view[at : at + _SLICE])
                silent = 0
            except TimeoutError as error:
                silent += 1
                if silent > _WAITS:
                    raise LineError("the cloud takes nothing any more") from error

    def _answer(self, sending: ssl.SSLSocket, holds: Callable[[], bool]) -> Response:
        status, headers, body = 0, list[tuple[str, str]](), bytearray()
        while True:
            try:
                event = self._state.next_event()
            except h11.RemoteProtocolError as error:
                raise LineError("the cloud's answer is not HTTP") from error
            if event is h11.NEED_DATA:
                self._hear(sending, holds)
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers]
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _LONGEST_ANSWER:
                    raise LineError("the cloud's answer is too long")
            elif isinstance(event, h11.EndOfMessage):
                break
            elif isinstance(event, h11.ConnectionClosed):
                raise LineError("the cloud hung up")
        if self._state.their_state is h11.DONE and self._state.our_state is h11.DONE:
            self._state.start_next_cycle()
        return Response(status, tuple(headers), bytes(body))

    def _hear(self, sending: ssl.SSLSocket, holds: Callable[[], bool]) -> None:
        """Wait for more of the answer, as long as the request holds."""
        for _ in range(_WAITS):
            try:
                self._state.receive_data(sending.recv(256 * 1024))
            except TimeoutError as error:
                if not holds():
                    raise AbortedError("the request was taken back before its answer came") from error
            else:
                return
        raise LineError("the cloud does not answer")
