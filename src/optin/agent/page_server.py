"""The owner's page on loopback. Its address holds a secret; another site or host name is answered nothing."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

from optin.agent.agent import Agent
from optin.agent.line import LineError
from optin.agent.owner_export import list_export
from optin.agent.page import CHARGING, render_page
from optin.agent.restore import RestoreError
from optin.agent.storage import StorageError
from optin.agent.switch import Switch
from optin.agent.words import choose_language

_MOST = 4096
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
Erase = Callable[[Agent], list[dict[str, object]]]


class PageServer:
    """Serves one agent's page from a thread, in which ``make_agent`` opens it; ``erase`` deletes all."""

    def __init__(
        self,
        make_agent: Callable[[], Agent],
        erase: Erase,
        port: int = 0,
        language: str = "",
        read: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        """``language``: of the page; empty: as the browser asks. ``read``: a diagnostic report's readings."""
        self._read = read
        self._language = language
        self._make_agent, self._erase = make_agent, erase
        self._agent: Agent | None = None
        self._base = f"/{secrets.token_urlsafe(24)}/"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            """One request of the browser."""

            def do_GET(self) -> None:
                outer.answer(self, outer.get)

            def do_POST(self) -> None:
                outer.answer(self, outer.post)

            def log_message(self, *_: Any) -> None:
                """Nothing is logged: the address is a secret."""

        try:
            self._server = HTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise OSError(
                f"the owner's page cannot use port {port} ({why}): end the program that has it, perhaps "
                "another agent, or say another with --page"
            ) from error
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        """What the owner opens."""
        return self.origin + self._base

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and let go of the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @staticmethod
    def answer(request: BaseHTTPRequestHandler, act: Callable[[BaseHTTPRequestHandler], None]) -> None:
        """One request. What failed outside (the disk, the cloud) is told in its one sentence."""
        try:
            act(request)
        except (StorageError, LineError, RestoreError) as error:
            _answer(request, 503, "text/plain; charset=utf-8", f"{error}\n".encode())

    def get(self, request: BaseHTTPRequestHandler) -> None:
        """The page, or the export."""
        if not self._is_owner(request):
            _answer(request, 404, "text/plain", b"There is nothing here.\n")
        elif request.path == self._base:
            language = self._language or choose_language(request.headers.get("Accept-Language"))
            page = render_page(self._now_agent(), self._base, datetime.now(UTC), language)
            _answer(request, 200, "text/html; charset=utf-8", page.encode())
        elif request.path == self._base + "export":
            document = json.dumps(list_export(self._now_agent()), ensure_ascii=False, indent=1)
            _answer(request, 200, "application/json", document.encode())
        else:
            _answer(request, 404, "text/plain", b"There is nothing here.\n")

    def post(self, request: BaseHTTPRequestHandler) -> None:
        """A switch, or erasure; then the page again."""
        length = request.headers.get("Content-Length", "0")
        body = request.rfile.read(min(int(length), _MOST)) if length.isdigit() else b""
        if not self._is_owner(request) or request.headers.get("Origin") != self.origin:
            _answer(request, 403, "text/plain", b"Refused.\n")
            return
        agent, now = self._now_agent(), datetime.now(UTC)
        verb, _, name = request.path.removeprefix(self._base).partition("/")
        switch = next((switch for switch in Switch if switch.value == name), None)
        if verb == "on" and switch is not None:
            agent.agree(switch, now)
        elif verb == "off" and switch is not None:
            agent.revoke(switch, now)
        elif verb in ("on", "off") and name == CHARGING:
            agent.gate.choose_charging(only=verb == "on", now=now)
        elif verb == "send":
            agent.report_diagnostics(self._read())
        elif verb == "erase" and parse_qs(body.decode("latin-1")).get("sure") == ["yes"]:
            for each in Switch:
                agent.revoke(each, now)
            receipts = json.dumps(self._erase(agent), indent=1).encode()
            _answer(request, 200, "application/json", receipts)
            return
        else:
            _answer(request, 404, "text/plain", b"There is nothing here.\n")
            return
        request.send_response(303)
        request.send_header("Location", self._base)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _is_owner(self, request: BaseHTTPRequestHandler) -> bool:
        # The host name is checked so that a site whose name points to this address is answered nothing.
        known = request.headers.get("Host") == self.origin.removeprefix("http://")
        return known and secrets.compare_digest(request.path[: len(self._base)].encode(), self._base.encode())

    def _now_agent(self) -> Agent:
        if self._agent is None:
            self._agent = self._make_agent()
        return self._agent


def _answer(request: BaseHTTPRequestHandler, status: int, media_type: str, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Type", media_type)
    request.send_header("Content-Length", str(len(body)))
    request.send_header("Content-Security-Policy", _POLICY)
    request.send_header("Referrer-Policy", "same-origin")
    request.send_header("Cache-Control", "no-store")
    request.end_headers()
    request.wfile.write(body)
