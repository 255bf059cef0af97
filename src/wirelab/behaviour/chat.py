"""Chatting with a messenger: short JSON messages over HTTP/2.

What is written there is no text message (SMS).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wirelab.behaviour.day import waking_moments
from wirelab.lab import App, Request, Response

if TYPE_CHECKING:
    from wirelab.stage import Stage

CHAT = App("com.pigeon.chat", 10033, "Pigeon/2.4 (Android 4.4.2)")
CHAT_HOST = "api.pigeon-chat.example"
_EACH_DAY = 10
_LINES = (
    "see you there",
    "好的，晚点聊",
    "ça marche !",
    "which one?",
    "在路上了",
    "on my way",
    "merci 🙏",
    "haha",
)


def chat(stage: Stage) -> None:
    """Plan some messages a day."""
    lab, rng = stage.lab, stage.rng("chat")
    lab.host(
        CHAT_HOST,
        lab.addresses.pick("SG"),
        "SG",
        lambda _: Response(200, (("Content-Type", "application/json"),), b'{"ok":true}'),
        alpn=("h2", "http/1.1"),
    )
    for moment in waking_moments(stage, "chat", _EACH_DAY):
        body = json.dumps(
            {"room": f"{rng.getrandbits(48):012x}", "seq": rng.randrange(10**6), "text": rng.choice(_LINES)},
            ensure_ascii=False,
        )
        stage.at(moment, lambda body=body: _write(stage, body))  # type: ignore[misc]


def _write(stage: Stage, body: str) -> None:
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    stage.send(CHAT, Request("POST", CHAT_HOST, "/rooms/send", headers, body.encode()))
