"""Driving an ASGI application in virtual time: no event loop, no socket.

The application's coroutine is stepped by hand. It may wait for `receive` and `send` only, which never make
it wait; anything else (sleeping, threads) would need a clock of its own and is refused.
Source: ASGI 3.0, HTTP 2.4.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from wirelab.message import Request, Response, Service

_Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]],
    Awaitable[None],
]


def asgi_service(app: AsgiApp, delay_s: float = 0.03) -> Service:
    """A cloud that is an ASGI application. Each answer comes `delay_s` seconds after its request.

    Raises (when called):
        RuntimeError: the application gave no answer, or waited for what does not exist in virtual time.
    """

    def serve(request: Request) -> Response:
        status, headers, body = _call(app, request)
        return Response(status, headers, body, delay_s)

    return serve


def _scope(request: Request) -> dict[str, Any]:
    path, _, query = request.target.partition("?")
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    if request.header("host") is None:
        headers.insert(0, (b"host", request.host.encode("ascii")))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": (request.host, request.port_number),
        "state": {},
    }


def _call(app: AsgiApp, request: Request) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    waiting: list[_Message] = [
        {"type": "http.request", "body": request.body, "more_body": False},
    ]
    status: list[int] = []
    headers: list[tuple[str, str]] = []
    parts: list[bytes] = []

    async def receive() -> _Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: _Message) -> None:
        if message["type"] == "http.response.start":
            status.append(int(message["status"]))
            headers.extend(
                (bytes(k).decode("latin-1"), bytes(v).decode("latin-1"))
                for k, v in message.get("headers", ())
            )
        elif message["type"] == "http.response.body":
            parts.append(bytes(message.get("body", b"")))

    async def whole() -> None:
        await app(_scope(request), receive, send)

    _step(whole())
    if not status:
        raise RuntimeError(
            f"the application gave no answer to {request.method} {request.target.partition('?')[0]}"
        )
    return status[0], tuple(headers), b"".join(parts)


def _step(coroutine: Coroutine[Any, Any, None]) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("the application waits for something that does not exist in virtual time")
