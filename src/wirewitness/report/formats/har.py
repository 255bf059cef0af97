"""HAR 1.2 of the readable HTTP traffic, from the case folder's tables.

Targets stand as in the tables, private values starred out. Headers and bodies are derived again from the
captures only when they are to be revealed, within bounds; what a bound left out is counted in the log's
comment.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from wirewitness import __version__
from wirewitness.decode import WholeMessage, read_messages
from wirewitness.find.tables import single_table
from wirewitness.kept_inputs import find_capture, read_kept
from wirewitness.model.instant import Instant
from wirewitness.model.json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from wirewitness.model.result import Result

MOST_ENTRIES = 50_000
MOST_BODY = 1 << 20
BATCH_BYTES = 24 << 20
MOST_BATCHES = 64
_COLUMNS = (
    "flow", "stream", "number", "from_client", "capture", "time_ns", "end_ns", "protocol", "method", "scheme",
    "host", "target", "status", "content_type", "head_bytes", "body_bytes", "decoded_bytes",
)  # fmt: skip
Which: TypeAlias = "tuple[str, int, int, bool]"


@dataclass(frozen=True)
class _Row:
    """A message of the tables."""

    flow: str
    stream: int
    number: int
    from_client: bool
    capture: int
    time_ns: int
    end_ns: int
    protocol: str
    method: str
    scheme: str
    host: str
    target: str
    status: int
    content_type: str
    head_bytes: int
    body_bytes: int
    decoded_bytes: int

    @property
    def which(self) -> Which:
        return self.flow, self.stream, self.number, self.from_client

    @property
    def is_request(self) -> bool:
        return bool(self.method)


def render_har(folder: Path, result: Result, *, reveal: bool = False) -> str:
    """The log of a case folder."""
    rows, total = _rows(folder)
    whole = dict(_whole(folder, result, rows)) if reveal else {}
    answers = {row.which[:3]: row for row in rows if not row.is_request}
    requests = [row for row in rows if row.is_request]
    entries = [_entry(row, answers.get(row.which[:3]), whole) for row in requests]
    comment = f"{len(entries)} of {total} readable HTTP requests"
    if not reveal:
        comment += "; headers and bodies are left out (--reveal derives them from the captures)"
    elif missing := sum(row.which not in whole for row in rows):
        comment += f"; headers and bodies of {missing} messages are left out: a bound, or not in the captures"
    log = {
        "version": "1.2",
        "creator": {"name": "wirewitness", "version": __version__},
        "entries": entries,
        "comment": comment,
    }
    return json_text({"log": log})


def _rows(folder: Path) -> tuple[list[_Row], int]:
    table = str(folder / "tables" / "message.parquet")
    with single_table() as db:
        where = "FROM read_parquet(?) WHERE protocol LIKE 'http%' AND (method <> '' OR status > 0)"
        counted = db.execute(f"SELECT count(*) {where} AND method <> ''", [table]).fetchone()
        found = db.execute(
            f"SELECT {', '.join(_COLUMNS)} {where} ORDER BY time_ns, flow, stream, number LIMIT ?",
            [table, 2 * MOST_ENTRIES],
        ).fetchall()
    return [_Row(*row) for row in found], counted[0] if counted else 0


def _whole(folder: Path, result: Result, rows: Sequence[_Row]) -> Iterator[tuple[Which, WholeMessage]]:
    kept = read_kept(folder)
    keylogs = [path.read_bytes() for path in kept.keys]
    left = MOST_BATCHES
    for number, capture in enumerate(result.captures):
        if capture.kind != "packets":
            continue
        wanted = [row for row in rows if row.capture == number and row.decoded_bytes <= MOST_BODY]
        if not wanted:
            continue
        files = find_capture(capture, (), folder)
        for batch in _batches(wanted):
            if not left:
                return
            left -= 1
            yield from read_messages(files, [row.which for row in batch], keylogs=keylogs).items()


def _batches(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    size = 0
    for row in rows:
        if batch and size + row.decoded_bytes > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row.decoded_bytes + row.head_bytes
    if batch:
        yield batch


def _entry(request: _Row, answer: _Row | None, whole: Mapping[Which, WholeMessage]) -> dict[str, Any]:
    asked = whole.get(request.which)
    end = answer.end_ns if answer else request.end_ns
    target = _text(asked.target) if asked else request.target
    url = target if "://" in target else f"{request.scheme or 'http'}://{request.host}{target}"
    send = max(request.end_ns - request.time_ns, 0) / 1e6
    wait = max((answer.time_ns if answer else request.end_ns) - request.end_ns, 0) / 1e6
    receive = max(end - (answer.time_ns if answer else end), 0) / 1e6
    found: dict[str, Any] = {
        "startedDateTime": Instant(request.time_ns).text,
        "time": round(send + wait + receive, 3),
        "request": {
            "method": request.method,
            "url": url,
            "httpVersion": request.protocol.upper(),
            "cookies": [],
            "headers": _headers(asked),
            "queryString": [],
            "headersSize": request.head_bytes,
            "bodySize": request.body_bytes,
        },
        "response": _answer(answer, whole.get(answer.which) if answer else None),
        "cache": {},
        "timings": {"send": round(send, 3), "wait": round(wait, 3), "receive": round(receive, 3)},
        "_flow": request.flow,
        "_stream": request.stream,
        "_number": request.number,
    }
    if request.body_bytes:
        body = _body(asked.body) if asked else {"text": ""}
        found["request"]["postData"] = {"mimeType": request.content_type, **body}
    return found


def _answer(answer: _Row | None, whole: WholeMessage | None) -> dict[str, Any]:
    content: dict[str, Any] = {
        "size": answer.decoded_bytes if answer else 0,
        "mimeType": answer.content_type if answer else "",
    }
    if whole is not None:
        content |= _body(whole.body)
    return {
        "status": answer.status if answer else 0,
        "statusText": "",
        "httpVersion": answer.protocol.upper() if answer else "",
        "cookies": [],
        "headers": _headers(whole),
        "content": content,
        "redirectURL": "",
        "headersSize": answer.head_bytes if answer else -1,
        "bodySize": answer.body_bytes if answer else -1,
    }


def _headers(whole: WholeMessage | None) -> list[dict[str, str]]:
    return [{"name": name, "value": _text(value)} for name, value in whole.headers] if whole else []


def _body(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(data).decode(), "encoding": "base64"}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
