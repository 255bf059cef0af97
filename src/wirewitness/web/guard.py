"""Who may speak to the server: the holder of the token, from this machine's own page, and nobody else.

The Host header is checked (else a foreign name that resolves to 127.0.0.1 would be our origin), the Origin
header of what changes something, and the token in the path. Every answer forbids what the page does not need.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
REPORT_POLICY = "base-uri 'none'; frame-ancestors 'none'; form-action 'none'; connect-src 'none'"
"""For a report: its own policy, with the hashes of its script and style, stands in it."""
_HEADERS = {
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """An ASGI application around another, which it calls with the token taken off the path."""

    def __init__(self, app: ASGIApp, token: str, hosts: tuple[str, ...]) -> None:
        self._app, self._token, self._hosts = app, token, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refuse(scope) if scope["type"] == "http" else (403, "this is no web socket")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                for name, value in {"content-security-policy": POLICY, **_HEADERS}.items():
                    if name.encode() not in present:
                        headers.append((name.encode(), value.encode()))
                message = {**message, "headers": headers}
            await send(message)

        if refusal is not None:
            code, text = refusal
            await PlainTextResponse(text, code)(scope, receive, with_headers)
            return
        prefix = f"/{self._token}"
        inner = {**scope, "path": scope["path"][len(prefix) :] or "/", "root_path": ""}
        inner["raw_path"] = inner["path"].encode()
        await self._app(inner, receive, with_headers)

    def _refuse(self, scope: Scope) -> tuple[int, str] | None:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if headers.get("host", "") not in self._hosts:
            return 421, "this server answers to its own address only"
        origin = headers.get("origin")
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            return 403, "another page may not ask this server"
        if scope["method"] not in {"GET", "HEAD"} and origin is None:
            return 403, "only the server's own page may change something"
        _, _, rest = scope["path"].partition("/")
        given, slash, _ = rest.partition("/")
        if not slash or not secrets.compare_digest(given.encode(), self._token.encode()):
            return 404, "open the address that wirewitness serve printed"
        return None
