"""Hashes of 32 bits of identifiers: found in every print where the context says so, and never by chance alone."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from random import Random

from tiny_case import IMEI, long_capture, post

from wirewitness.case import audit
from wirewitness.find.digests import weak_prints
from wirewitness.find.murmur import murmur3_32

IMSI, ANDROID_ID = "208150123456789", "9f2c4e6a81b3d507"
IDENTIFIERS = {
    "imei": IMEI, "imsi": IMSI, "android_id": ANDROID_ID, "serial": "R58M71ABCDE",
    "mac": "64:09:80:a1:b2:c3", "email": "ann.lee@post.example", "phone_number": "+33639980123",
}  # fmt: skip


def owner(folder: Path, **values: str) -> Path:
    path = folder / "owner.toml"
    facts = [f'[[fact]]\nid = "{n}"\nkind = "identifier.{n}"\nvalue = "{v}"' for n, v in values.items()]
    path.write_text('format = "wirewitness-owner/1"\n' + "\n".join(facts) + "\n")
    return path


def found(folder: Path, *bodies: dict[str, object], **values: str):
    capture = long_capture(folder / "c.pcap", [post(json.dumps(body).encode()) for body in bodies])
    return audit([capture], folder / "audit", owner=owner(folder, **(values or IDENTIFIERS)))


def facts_of(result) -> list[tuple[str | None, str]]:
    return [(e.fact, e.digest) for e in result.exposures if e.source == "fact"]


def test_every_print_under_a_name_of_an_identifier_is_found_and_named(tmp_path):
    for number, (name, value) in enumerate(IDENTIFIERS.items()):
        (folder := tmp_path / str(number)).mkdir()
        forms = list(weak_prints(0, value.encode()))
        bodies = [{"t": 1, "deviceHash": form.data.decode()} for form in forms]
        bodies += [{"t": 1, "uid": int(form.data)} for form in forms if form.data.isdigit()]
        result = found(folder, *bodies)
        assert {fact for fact, _ in facts_of(result)} == {name}
        seen = {(e.message, e.digest) for e in result.exposures if e.source == "fact"}
        digests = [form.digest for form in forms]
        digests += [form.digest for form in forms if form.data.isdigit()]
        assert seen == set(list(enumerate(digests))[: len(seen)]), "each message under the name of its hash"
        assert len(seen) >= 20, "as many alike as are told"


def test_a_lone_hash_under_another_name_is_told_and_does_not_count(tmp_path):
    result = found(tmp_path, {"height": zlib.crc32(IMEI.encode()), "b": "x"})
    assert facts_of(result) == []
    assert [n.code for n in result.notes if n.code == "hits_without_context"] == ["hits_without_context"]


def test_the_name_around_the_field_is_not_its_name(tmp_path):
    assert facts_of(found(tmp_path, {"device": {"height": zlib.crc32(IMEI.encode())}})) == []


def test_two_hashes_of_different_values_in_one_message_are_each_others_context(tmp_path):
    result = found(tmp_path, {"a": zlib.crc32(IMEI.encode()), "b": f"{murmur3_32(IMSI.encode()):08x}"})
    assert sorted(facts_of(result)) == [("imei", "crc32"), ("imsi", "murmur3")]


def test_the_value_itself_counts_beside_its_hash(tmp_path):
    text = f"log {zlib.crc32(IMEI.encode())} and {IMEI}"
    assert ("imei", "") in facts_of(found(tmp_path, {"m": text}))


def test_thirty_thousand_requests_with_random_numbers_under_such_names_give_none(tmp_path):
    random = Random(7)
    names = ("id", "deviceId", "crc", "hash", "uid", "imei_hash", "session", "n")
    bodies = [
        {
            name: random.getrandbits(32) if random.random() < 0.5 else f"{random.getrandbits(32):08x}"
            for name in random.sample(names, 5)
        }
        for _ in range(30_000)
    ]
    result = found(tmp_path, *bodies)
    assert facts_of(result) == []
    assert not [note for note in result.notes if note.code == "hits_without_context"]
