"""A HAR is read whatever program wrote it, and what it does not hold is counted as unread."""

from __future__ import annotations

import gzip
import json

import pytest
from told_files import BODY, HOST, IMEI, as_base64, har, har_entry

from wirewitness.model.errors import InputError
from wirewitness.model.telling import Skipped, ToldFlow, ToldMessage
from wirewitness.sources import recognise


def tell(tmp_path, data, name="export.txt"):
    path = tmp_path / name
    path.write_bytes(data)
    source = recognise(path)
    assert source is not None
    assert source.info.kind == "har"
    return list(source.tell())


def messages(told):
    return [one for one in told if isinstance(one, ToldMessage)]


def test_a_request_and_its_answer_stand_where_the_pointer_says(tmp_path):
    told = tell(tmp_path, har(har_entry()))
    request, answer = messages(told)
    assert (request.method, request.host, request.target, request.body) == (
        "POST",
        HOST,
        b"/v1/report?k=v",
        BODY,
    )
    assert (request.protocol, request.scheme, request.from_client) == ("h2", "https", True)
    assert (answer.status, answer.body, answer.from_client) == (200, b"{}", False)
    assert answer.time_ns - request.time_ns == 12_500_000
    assert (request.root, answer.root) == ("/log/entries/0/request", "/log/entries/0/response")
    assert [name for name, _ in request.headers] == ["content-type"], "pseudo headers are no header lines"


BINARY = bytes(range(256))


@pytest.mark.parametrize(
    ("post", "size", "body"),
    [
        ({"text": "café"}, 5, "café".encode()),
        ({"text": BINARY.decode("latin-1")}, 256, BINARY),
        ({"text": BINARY.decode("latin-1")}, -1, BINARY),
        ({"text": as_base64(BINARY), "encoding": "base64"}, 256, BINARY),
        ({"text": "发送"}, 6, "发送".encode()),
        ({"params": [{"name": "a b", "value": "1&2"}, {"name": "c", "value": ""}]}, 0, b"a+b=1%262&c="),
    ],
    ids=[
        "UTF-8",
        "Latin-1 by its size",
        "Latin-1 by its control characters",
        "base64",
        "Chinese",
        "fields alone",
    ],
)
def test_a_body_is_found_in_every_way_of_writing_it(tmp_path, post, size, body):
    told = tell(tmp_path, har(har_entry(request={"postData": post, "bodySize": size})))
    assert messages(told)[0].body == body
    assert messages(told)[0].missing == 0


def test_a_body_that_was_left_out_is_counted_as_missing(tmp_path):
    told = tell(tmp_path, har(har_entry(request={"postData": {}, "bodySize": 4711})))
    assert (messages(told)[0].body, messages(told)[0].missing) == (b"", 4711)


def test_websocket_messages_are_counted_by_direction(tmp_path):
    frames = [
        {"type": "send", "time": 1714557601.5, "opcode": 1, "data": "hello"},
        {"type": "receive", "time": 1714557602.5, "opcode": 1, "data": "hi"},
        {"type": "send", "time": 1714557603.5, "opcode": 2, "data": as_base64(b"\x00\xff")},
    ]
    sent = messages(tell(tmp_path, har(har_entry(_webSocketMessages=frames))))[2:]
    assert [(m.from_client, m.number, m.body) for m in sent] == [
        (True, 0, b"hello"),
        (False, 0, b"hi"),
        (True, 1, b"\x00\xff"),
    ]
    assert sent[2].root == "/log/entries/0/_webSocketMessages/2"
    assert len({m.stream for m in sent} | {0}) == 2, "frames stand on a stream of their own"


def test_cookies_that_only_their_list_names_are_put_back(tmp_path):
    told = tell(tmp_path, har(har_entry(request={"cookies": [{"name": "id", "value": IMEI}]})))
    assert dict(messages(told)[0].headers)["Cookie"] == f"id={IMEI}".encode()


def test_what_never_left_the_phone_is_not_told(tmp_path):
    cached = [
        har_entry(_fromCache="disk"),
        har_entry(_fetchType="Memory Cache"),
        har_entry(request={"url": "data:text/plain,x"}),
        har_entry(request={"url": "blob:https://x.example/1"}),
    ]
    assert messages(tell(tmp_path, har(*cached))) == []


def test_requests_of_one_connection_are_one_flow_and_long_pauses_part_them(tmp_path):
    later = har_entry(startedDateTime="2024-05-01T11:00:00+00:00")
    told = tell(tmp_path, har(har_entry(), har_entry(), later))
    flows = [one for one in told if isinstance(one, ToldFlow)]
    assert [m.number for m in messages(told) if m.from_client] == [0, 1, 0]
    assert len({flow.id for flow in flows}) == 2


@pytest.mark.parametrize(
    "wrap", [bytes, lambda d: b"\xef\xbb\xbf" + d, gzip.compress], ids=["plain", "BOM", "gzip"]
)
def test_content_decides_not_the_name(tmp_path, wrap):
    assert len(messages(tell(tmp_path, wrap(har(har_entry())), name="photo.jpg"))) == 2


def test_half_a_har_gives_what_came_before_and_says_what_is_missing(tmp_path):
    whole = har(har_entry(), har_entry())
    told = tell(tmp_path, whole[: whole.rindex(b'"response"')])
    assert len(messages(told)) == 2
    skipped = [one for one in told if isinstance(one, Skipped)]
    assert len(skipped) == 1
    assert "the file ends within log.entries" in skipped[0].expected
    assert skipped[0].expected.startswith("line ")


def test_a_broken_entry_is_skipped_and_the_others_are_read(tmp_path):
    told = tell(
        tmp_path,
        har(har_entry(), {"request": {}}, har_entry(startedDateTime="2024-05-01T10:00:00"), har_entry()),
    )
    assert len(messages(told)) == 4
    assert [one.expected.split(": ", 1)[1][:30] for one in told if isinstance(one, Skipped)] == [
        "expected an entry with request",
        "expected a time with its zone,",
    ]


def test_a_har_without_entries_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "export.har"
    path.write_text('{"log": {"version": "1.2",\n "entries": 3}}')
    source = recognise(path)
    assert source is not None
    with pytest.raises(InputError, match=r"export.har: line 2: expected the list log.entries"):
        _ = source.info


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pieces_of_any_size_give_the_same_elements(tmp_path, monkeypatch, size):
    from wirewitness.sources import json_entries

    data = har(har_entry(), har_entry(comment='a "quoted" {brace} \\ and [list]'))
    whole = tell(tmp_path, data)
    monkeypatch.setattr(json_entries, "_PART", size)
    assert tell(tmp_path, data) == whole
    assert json.loads(data)["log"]["entries"][1]["comment"]
