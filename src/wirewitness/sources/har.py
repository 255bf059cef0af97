"""HAR 1.2 (HTTP Archive): one entry a request and its answer, as browsers and proxies export them.

Shape: {"log": {"entries": [{"startedDateTime", "time", "request", "response", ...}]}}. Bodies come as
text, as base64, or as Latin-1 text without saying so (mitmproxy); they are mostly stored decoded while
the header still names a coding, which the core tells by trying. What was answered from a cache never
left the phone and is not told.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

from wirewitness.model.telling import Lack, Skipped, Told, ToldFlow, ToldMessage
from wirewitness.sources.conversation import FlowIds
from wirewitness.sources.importer import Importer
from wirewitness.sources.json_entries import Element, Entries
from wirewitness.sources.packed import damage_of, open_file
from wirewitness.sources.values import iso_ns, items, members, number, seconds_ns, text

PAUSE_NS = 300 * 10**9
"""Requests to one host that lie further apart are no longer one conversation, where no connection is
named.
"""
_BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_PROTOCOLS = {"http/2": "h2", "http/2.0": "h2", "h2": "h2", "h3": "h3", "http/3": "h3", "http/3.0": "h3"}


def recognise(head: bytes) -> bool:
    """A JSON object whose member `log` has what a HAR's has."""
    start = head.lstrip()
    return start.startswith(b"{") and re.search(rb'^\{\s*"log"\s*:', start) is not None


def tell(path: Path, ids: FlowIds) -> Iterator[Told]:
    """Every entry; a broken one is skipped."""
    with open_file(path) as file:
        entries = Entries(file, ("log", "entries"))
        flows = _Flows(ids)
        for element in entries:
            try:
                yield from _tell_entry(element, flows)
            except ValueError as error:
                why = "expected a HAR entry" if isinstance(error, json.JSONDecodeError) else str(error)
                yield Skipped(element.line, f"line {element.line}: {why}")
        if cut := damage_of(file):
            yield Skipped(entries.line, f"line {entries.line}: {cut}")
        elif entries.damage:
            yield Skipped(entries.line, entries.damage)


IMPORTER = Importer(
    kind="har",
    what="a HAR file (JSON with log.entries)",
    lacks=(Lack.ATTEMPTS, Lack.OTHER_TRAFFIC),
    recognise=recognise,
    tell=tell,
)


@dataclass
class _Open:
    flow: ToldFlow
    last_ns: int
    count: int = 0


@dataclass
class _Flows:
    """Conversations by what the entries say of their connection."""

    ids: FlowIds
    open: dict[tuple[str, ...], _Open] = field(default_factory=dict)
    count: int = 0

    def of(self, entry: dict[str, Any], url: _Url, time_ns: int, end_ns: int) -> tuple[_Open, bool]:
        """The entry's conversation, and whether it is new."""
        address, name = text(entry.get("serverIPAddress")).strip("[]"), text(entry.get("connection"))
        key = (url.scheme, url.host, str(url.port), address, name)
        known = self.open.get(key)
        if known is not None and abs(time_ns - known.last_ns) <= PAUSE_NS:
            known.last_ns = max(known.last_ns, end_ns)
            return known, False
        number_ = self.count
        self.count += 1
        flow = ToldFlow(
            key=number_,
            id=self.ids.of_record(number_),
            first_ns=time_ns,
            last_ns=end_ns,
            host=url.host,
            server=address,
            server_port=url.port,
            sni=url.host if url.scheme == "https" else "",
        )
        self.open[key] = _Open(flow, end_ns)
        return self.open[key], True


@dataclass(frozen=True)
class _Url:
    scheme: str
    host: str
    port: int
    target: bytes


def _url(value: object) -> _Url | None:
    """The parts of a URL; None for one that goes over no network (data:, blob:, about:)."""
    found = text(value)
    scheme = found.partition(":")[0].lower()
    if scheme not in _PORTS:
        if re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) and "://" not in found[: len(scheme) + 3].replace(
            scheme, ""
        ):
            return None
        if scheme.endswith("extension") or scheme in {"chrome", "file", "resource"}:
            return None
        raise ValueError(f"expected request.url to be an http address, found {found[:40]!r}")
    parts = urlsplit(found)
    if not parts.hostname:
        raise ValueError(f"expected a host in request.url, found {found[:40]!r}")
    rest = found.split("#", 1)[0].split("://", 1)[1]
    cut = min((at for mark in "/?" if (at := rest.find(mark)) >= 0), default=len(rest))
    target = rest[cut:] if rest[cut:].startswith("/") else "/" + rest[cut:]
    plain = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    return _Url(
        plain, parts.hostname.lower(), parts.port or _PORTS[scheme], target.encode("utf-8", "replace")
    )


def _span_ns(value: object) -> int:
    """Milliseconds in nanoseconds; 0 for what is no length of time (-1 stands for "not known")."""
    try:
        return number(float(value) * 10**6) if isinstance(value, int | float | str) else 0
    except (ValueError, OverflowError):
        return 0


def _tell_entry(element: Element, flows: _Flows) -> Iterator[Told]:
    if not element.text:
        raise ValueError("the entry is too long to be read")
    entry = members(json.loads(element.text))
    request, response = members(entry.get("request")), members(entry.get("response"))
    if not request or not text(request.get("method")):
        raise ValueError("expected an entry with request.method")
    url = _url(request.get("url"))
    if url is None or _from_cache(entry):
        return
    time_ns = iso_ns(entry.get("startedDateTime"))
    end_ns = time_ns + _span_ns(entry.get("time"))
    open_, new = flows.of(entry, url, time_ns, end_ns)
    if new:
        yield open_.flow
    root = f"/log/entries/{element.index}"
    protocol = _PROTOCOLS.get(text(request.get("httpVersion")).lower(), "http/1.1")
    number_, open_.count = open_.count, open_.count + 1
    common = ToldMessage(
        key=open_.flow.key,
        number=number_,
        from_client=True,
        time_ns=time_ns,
        end_ns=time_ns,
        protocol=protocol,
        scheme=url.scheme,
        host=url.host,
        offset=element.offset,
    )
    headers = _headers(request, "Cookie")
    body, missing = _sent(request, headers)
    yield replace(
        common,
        method=text(request["method"]),
        target=url.target,
        headers=headers,
        body=body,
        missing=missing,
        root=f"{root}/request",
    )
    if status := number(response.get("status")):
        content = members(response.get("content"))
        body = _content(content)
        yield replace(
            common,
            from_client=False,
            time_ns=end_ns,
            end_ns=end_ns,
            status=min(status, 999),
            headers=_headers(response, ""),
            body=body,
            missing=0 if body else number(content.get("size")),
            root=f"{root}/response",
        )
    yield from _frames(entry, open_, number_, element, root)


def _from_cache(entry: dict[str, Any]) -> bool:
    """Chrome's `_fromCache`, Safari's `_fetchType`: answered on the phone, nothing was sent."""
    return bool(entry.get("_fromCache")) or text(entry.get("_fetchType")).endswith("Cache")


def _headers(message: dict[str, Any], cookies: str) -> tuple[tuple[str, bytes], ...]:
    """Header lines without HTTP/2's pseudo headers; cookies that only their own list names are put back."""
    found = []
    for header in items(message.get("headers")):
        name, value = text(members(header).get("name")), text(members(header).get("value"))
        if name and not name.startswith(":"):
            found.append((name, _bytes_of(value)))
    if cookies and not any(name.lower() == "cookie" for name, _ in found):
        pairs = [members(cookie) for cookie in items(message.get("cookies"))]
        line = "; ".join(f"{text(c.get('name'))}={text(c.get('value'))}" for c in pairs if c)
        if line:
            found.append((cookies, _bytes_of(line)))
    return tuple(found)


def _bytes_of(value: str) -> bytes:
    """Header text as it was on the wire: Latin-1 where that is what it was, else UTF-8."""
    return (
        value.encode("latin-1")
        if _BINARY.search(value) and max(value) < "\u0100"
        else value.encode("utf-8", "replace")
    )


def _sent(request: dict[str, Any], headers: tuple[tuple[str, bytes], ...]) -> tuple[bytes, int]:
    """A request's body, and how many bytes of it the file does not hold."""
    post = members(request.get("postData"))
    length = next((v.decode("latin-1") for n, v in headers if n.lower() == "content-length"), "")
    size = max(number(request.get("bodySize")), number(length))
    value = text(post.get("text"))
    encoding = text(post.get("encoding") or post.get("_encoding"))
    if value:
        body = _from_base64(value) if encoding == "base64" else _text_bytes(value, size)
    else:
        body = _params(items(post.get("params")))
    lost = value.count("\ufffd")  # Chrome writes one in place of each byte that is no UTF-8
    return body, max(0, size - len(body)) if not body or lost else 0


def _params(params: list[Any]) -> bytes:
    """A form of which only the fields were kept, written again."""
    pairs = [(text(members(p).get("name")), text(members(p).get("value"))) for p in params]
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs if name).encode()


def _text_bytes(value: str, size: int) -> bytes:
    """Body text as bytes: UTF-8, or Latin-1 where control characters or its size show it to be binary."""
    utf8 = value.encode("utf-8", "surrogatepass")
    if max(value) >= "\u0100" or value.isascii():
        return utf8
    latin1 = value.encode("latin-1")
    return latin1 if len(utf8) != size and (len(latin1) == size or _BINARY.search(value)) else utf8


def _from_base64(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=False)
    except (binascii.Error, ValueError):
        return value.encode("utf-8", "replace")


def _content(content: dict[str, Any]) -> bytes:
    value = text(content.get("text"))
    if not value:
        return b""
    size = number(content.get("size"))
    return _from_base64(value) if text(content.get("encoding")) == "base64" else _text_bytes(value, size)


def _frames(entry: dict[str, Any], open_: _Open, number_: int, element: Element, root: str) -> Iterator[Told]:
    """WebSocket messages (Chrome's `_webSocketMessages`): a stream of their own, each direction counted."""
    counts = {True: 0, False: 0}
    for at, one in enumerate(items(entry.get("_webSocketMessages"))):
        frame = members(one)
        up = text(frame.get("type")) in ("send", "request")
        value = text(frame.get("data"))
        body = (
            _from_base64(value)
            if number(frame.get("opcode")) == 2
            else value.encode("utf-8", "surrogatepass")
        )
        time_ns = seconds_ns(frame.get("time"))
        yield ToldMessage(
            key=open_.flow.key,
            number=counts[up],
            from_client=up,
            time_ns=time_ns,
            end_ns=time_ns,
            protocol="websocket",
            scheme=(open_.flow.sni and "https") or "http",
            host=open_.flow.host,
            body=body,
            offset=element.offset,
            stream=number_ + 1,
            root=f"{root}/_webSocketMessages/{at}",
        )
        counts[up] += 1
