"""The system's own habits: time sync, captive portal checks, and the push connection with its keep-alives."""

from __future__ import annotations

import struct
from datetime import timedelta
from typing import TYPE_CHECKING

from wirelab.lab import App, Request, Response

if TYPE_CHECKING:
    from wirelab.lab import WebSocket
    from wirelab.stage import Stage

SYSTEM = App("android", 1000, "Dalvik/1.6.0 (Linux; U; Android 4.4.2; VN-2014 Build/KTU84P)")
PUSH = App("com.droidpush.service", 10012, "DroidPush/3.1")
TIME_HOST, PORTAL_HOST, PUSH_HOST = (
    "time.clockhouse.example",
    "connect.portalcheck.example",
    "push.droidpush.example",
)
_NTP_EPOCH = 2_208_988_800


def keep_system(stage: Stage) -> None:
    """Plan time sync (3 h), portal checks (2 h, and on each return to a network) and one push connection.

    The push connection pings every 4 minutes, also while the phone dozes.
    """
    lab = stage.lab
    lab.host(TIME_HOST, lab.addresses.pick("DE"), "DE", lambda _: Response(404), tls="none")
    lab.host(PORTAL_HOST, lab.addresses.pick("US"), "US", lambda _: Response(204), tls="none")
    lab.host(
        PUSH_HOST,
        lab.addresses.pick("US"),
        "US",
        lambda _: Response(404),
        websocket=lambda message: [b"\x01" + bytes(message[1:])] if isinstance(message, bytes) else [],
        idle_close_s=3600,
    )
    stage.every(
        10_800,
        lambda: stage.doze.soon(lambda: _sync_time(stage)),
        start=stage.day(0, "00:02"),
        jitter_s=60,
        name="time",
    )
    stage.every(
        7_200,
        lambda: stage.doze.soon(lambda: _check_portal(stage)),
        start=stage.day(0, "00:01"),
        jitter_s=30,
        name="portal",
    )
    PushLine(stage).connect()

    def moved(key: str, _value: str) -> None:
        if key == "network":
            stage.at(stage.now() + timedelta(seconds=2), lambda: _check_portal(stage))

    stage.on_state.append(moved)


def _sync_time(stage: Stage) -> None:
    seconds = stage.lab.clock.now // 1_000_000_000 + _NTP_EPOCH
    ask = b"\x23" + bytes(39) + struct.pack(">II", seconds, 0)
    reply = b"\x24\x02\x00\xec" + bytes(28) + struct.pack(">IIII", seconds, 0x80000000, seconds, 0x80000000)
    stage.phone.datagram(TIME_HOST, 123, ask, SYSTEM, reply)


def _check_portal(stage: Stage) -> None:
    stage.send(SYSTEM, Request("GET", PORTAL_HOST, "/generate_204", scheme="http"))


class PushLine:
    """One long-lived connection that is opened again when it is lost."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._socket: WebSocket | None = None
        self._count = 0
        stage.every(240, self._ping, start=stage.day(0, "00:04"), jitter_s=8, name="push")

    def connect(self) -> None:
        """Open the line."""
        self._stage.phone.websocket(Request("GET", PUSH_HOST, "/line"), PUSH, self._opened, self._closed)

    def _opened(self, socket: WebSocket) -> None:
        self._socket = socket

    def _closed(self, *_: object) -> None:
        self._socket = None

    def _ping(self) -> None:
        if self._socket is None:
            self.connect()
            return
        self._count += 1
        self._socket.send(b"\x00" + struct.pack(">I", self._count))
