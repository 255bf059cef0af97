"""HTTP/1.1 conversations as phones have them: half of the bytes go up, half come down.

Uploads are JSON events, forms, random binary and JPEG-like files; downloads JSON (some of it compressed),
pages and binary. A few messages carry a fact of the owner, plainly, in base64, as a hash or percent-encoded.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
from dataclasses import dataclass
from urllib.parse import quote

from facts import WORDS, Fact

HOSTS = tuple(
    f"{name}.{domain}"
    for domain in ("example.com", "example.net")
    for name in ("api", "log", "cdn", "push", "backup", "ads", "update", "img")
)


@dataclass(frozen=True)
class Exchange:
    """One request and its response, as sent."""

    request: bytes
    response: bytes


def text(chance: random.Random, words: int) -> str:
    """Prose of so many words."""
    return " ".join(chance.choices(WORDS, k=words))


def jpeg_like(chance: random.Random, size: int) -> bytes:
    """A file with a JPEG's structure (ISO/IEC 10918-1) around random entropy-coded bytes."""

    def segment(code: int, data: bytes) -> bytes:
        return bytes((0xFF, code)) + (len(data) + 2).to_bytes(2, "big") + data

    head = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\x48\0\x48\0\0") + segment(0xDB, bytes(range(65)))
    frame = segment(0xC0, bytes((8, 0x0C, 0xC0, 0x10, 0xE0, 1, 1, 0x11, 0)))
    data = chance.randbytes(size).replace(b"\xff", b"\xff\0")
    return (
        head
        + frame
        + segment(0xC4, bytes(17))
        + segment(0xDA, bytes((1, 1, 0, 0, 63, 0)))
        + data
        + b"\xff\xd9"
    )


def event(chance: random.Random, fact: str) -> dict[str, object]:
    """One analytics event; `fact` may be empty."""
    return {
        "ts": 1_405_900_000_000 + chance.randrange(10**9),
        "event": chance.choice(("screen_view", "tap", "session_start", "network_change")),
        "session": f"{chance.getrandbits(64):016x}",
        "params": {"title": text(chance, 6), "count": chance.randrange(1000), "ok": True, "tag": fact},
        "device": {"os": "4.4.2", "dpi": 320, "lang": "fr_FR", "free_mb": chance.randrange(4000)},
    }


def planted(chance: random.Random, facts: list[Fact]) -> str:
    """One of the facts in one of the forms in which they travel."""
    value = chance.choice(facts).value
    form = chance.randrange(4)
    if form == 0:
        return value
    if form == 1:
        return base64.b64encode(value.encode()).decode()
    if form == 2:
        return hashlib.sha256(value.encode()).hexdigest()
    return quote(value, safe="")


def upload(chance: random.Random, facts: list[Fact]) -> tuple[str, bytes]:
    """Content type and body of something that goes up."""
    draw = chance.random()
    fact = planted(chance, facts) if chance.random() < 0.02 else ""
    if draw < 0.55:
        events = [event(chance, fact) for _ in range(chance.randint(1, 60))]
        return "application/json", json.dumps(events).encode()
    if draw < 0.85:
        pairs = [f"k{i}={quote(text(chance, 3))}" for i in range(chance.randint(5, 40))]
        return "application/x-www-form-urlencoded", "&".join([*pairs, f"uid={quote(fact)}"]).encode()
    if draw < 0.95:
        return "application/octet-stream", chance.randbytes(chance.randint(20_000, 120_000))
    return "image/jpeg", jpeg_like(chance, chance.randint(60_000, 400_000))


def download(chance: random.Random, size: int) -> tuple[str, bytes, str]:
    """Content type, body of about so many bytes as sent, and content coding of an answer."""
    draw = chance.random()
    if draw < 0.5:
        items = [{"id": i, "title": text(chance, 8), "score": chance.random()} for i in range(size // 90 + 1)]
        body = json.dumps({"items": items}).encode()
        if draw < 0.1:
            return "application/json", gzip.compress(body, mtime=0), "gzip"
        return "application/json", body, ""
    if draw < 0.8:
        return "text/html; charset=utf-8", f"<html><p>{text(chance, size // 5 + 1)}</p></html>".encode(), ""
    return "video/mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + chance.randbytes(size), ""


def exchange(chance: random.Random, facts: list[Fact], host: str) -> Exchange:
    """One request with a body and its answer, of about equal size."""
    kind, body = upload(chance, facts)
    head = (
        f"POST /v1/{chance.choice(WORDS)}?r={chance.getrandbits(32)} HTTP/1.1\r\nHost: {host}\r\n"
        "User-Agent: Dalvik/1.6.0 (Linux; U; Android 4.4.2; Phone)\r\nAccept-Encoding: gzip\r\n"
        f"Cookie: sid={chance.getrandbits(128):032x}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    answer_kind, answer, coding = download(chance, len(body))
    coding_line = f"Content-Encoding: {coding}\r\n" if coding else ""
    answer_head = (
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 21 Jul 2014 08:00:00 GMT\r\n"
        f"Content-Type: {answer_kind}\r\n{coding_line}Content-Length: {len(answer)}\r\n\r\n"
    )
    return Exchange(head.encode() + body, answer_head.encode() + answer)


def sessions(chance: random.Random, facts: list[Fact], size: int) -> list[tuple[str, list[Exchange]]]:
    """Connections, each a host and some exchanges, of `size` bytes together or a little more."""
    made: list[tuple[str, list[Exchange]]] = []
    total = 0
    while total < size:
        host = chance.choice(HOSTS)
        exchanges = [exchange(chance, facts, host) for _ in range(chance.randint(1, 8))]
        total += sum(len(one.request) + len(one.response) for one in exchanges)
        made.append((host, exchanges))
    return made
