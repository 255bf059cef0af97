"""Tokens like digests that repeat and that nothing explains: told, and never taken for an identifier."""

from __future__ import annotations

import base64
import hashlib
import json

from tiny_case import owner_file
from told_files import har, har_entry

from wirewitness.case import audit
from wirewitness.find.unexplained import value_of

SECRET = hashlib.sha256(b"a salt of the maker's, then 490154203237518")
UUID = "6f1d2c3b-9a8e-4d7f-b6c5-0e1f2a3b4c5d"


def entry(minute: int, body: dict[str, object], **changes):
    data = {"mimeType": "application/json", "text": json.dumps(body)}
    time = f"2024-05-01T1{minute // 60}:{minute % 60:02}:00.000Z"
    return har_entry(startedDateTime=time, request={"postData": data}, **changes)


def told(folder, *entries):
    path = folder / "c.har"
    path.write_bytes(har(*entries))
    result = audit([path], folder / "audit", owner=owner_file(folder / "owner.toml"))
    assert [e for e in result.exposures if e.source == "fact"] == [], "nobody is accused"
    return [(one.field, one.messages, one.tokens) for one in result.coverage.tokens]


def test_a_token_that_comes_again_is_told_however_it_is_printed(tmp_path):
    prints = (SECRET.hexdigest(), base64.b64encode(SECRET.digest()).decode())
    entries = [entry(minute, {"k": prints[minute % 2]}) for minute in (0, 31, 60)]
    assert told(tmp_path, *entries) == [("body /k", 3, 1)]


def test_a_uuid_is_one_too(tmp_path):
    assert told(tmp_path, *[entry(minute, {"k": UUID}) for minute in (0, 30)]) == [("body /k", 2, 1)]


def test_a_nonce_differs_each_time_and_is_none(tmp_path):
    entries = [entry(m, {"n": hashlib.sha256(b"%d" % m).hexdigest()}) for m in range(0, 60, 5)]
    assert told(tmp_path, *entries) == []


def test_a_request_tried_anew_within_minutes_is_none(tmp_path):
    assert told(tmp_path, *[entry(m, {"n": SECRET.hexdigest()}) for m in (0, 1, 9)]) == []


def test_what_a_server_gave_first_is_none(tmp_path):
    given = SECRET.hexdigest()
    in_json = {
        "content": {"size": 80, "text": json.dumps({"session": given}), "mimeType": "application/json"}
    }
    in_header = {"headers": [{"name": "Set-Cookie", "value": f"sid={given}; Path=/"}]}
    for number, answer in enumerate((in_json, in_header)):
        (folder := tmp_path / str(number)).mkdir()
        entries = [entry(0, {"q": 1}, response=answer), *[entry(m, {"s": given}) for m in (20, 40)]]
        assert told(folder, *entries) == []


def test_what_a_known_form_of_a_value_explains_is_none(tmp_path):
    path = tmp_path / "c.har"
    digest = hashlib.sha256(b"490154203237518").hexdigest()
    path.write_bytes(har(*[entry(m, {"k": digest}) for m in (0, 30)]))
    result = audit([path], tmp_path / "audit", owner=owner_file(tmp_path / "owner.toml"))
    assert {e.digest for e in result.exposures if e.fact} == {"sha256"}
    assert result.coverage.tokens == ()


def test_words_of_that_length_are_none(tmp_path):
    entries = [
        entry(m, {"k": "ActivityLifecycleCallbackImpl2", "t": "application/x-protobuf"}) for m in (0, 30)
    ]
    assert told(tmp_path, *entries) == []


def test_values_are_compared_as_the_core_does(tmp_path):
    raw = SECRET.digest()
    prints = {
        SECRET.hexdigest(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }
    assert {value_of(text) for text in prints} == {int.from_bytes(hashlib.sha256(raw).digest()[:8])}
    assert value_of("no token!") is None
