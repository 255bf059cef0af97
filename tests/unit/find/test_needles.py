"""From facts to needles: the spellings of each kind, and the facts that chance would find everywhere."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_case import tiny_capture

from wirewitness.case import audit
from wirewitness.find import needles
from wirewitness.find.needles import SHORT_BYTES, watch_for
from wirewitness.find.rule_files import load_rules
from wirewitness.find.spelling import spellings
from wirewitness.model.fact import Fact, Owner
from wirewitness.model.kind import DataKind


@pytest.mark.parametrize(
    ("kind", "value", "region", "expected"),
    [
        (
            DataKind.IMEI,
            "490154203237518",
            None,
            ["49-015420-323751-8", "49 015420 323751 8", "49015420323751"],
        ),
        (DataKind.MAC, "00:1A:2b:3c:4D:5e", None, ["001a2b3c4d5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e"]),
        (
            DataKind.PHONE_NUMBER,
            "+86 138 1234 5678",
            None,
            ["+8613812345678", "008613812345678", "13812345678"],
        ),
        (
            DataKind.PHONE_NUMBER,
            "06 39 98 01 23",
            "FR",
            ["+33639980123", "0639980123", "639980123", "33639980123"],
        ),
        (DataKind.CONTACT, "Ann@Post.Example", None, ["ann@post.example"]),
        (DataKind.CONTACT, "+33639980123", None, ["0639980123"]),
        (
            DataKind.ADVERTISING,
            "51f37955-8085-49c3-8924-4971c14de47c",
            None,
            ["51F37955808549C389244971C14DE47C"],
        ),
        (DataKind.ANDROID_ID, "7084c6359c317997", None, ["7084C6359C317997"]),
        (DataKind.NAME, "Maelle Kerambrun", None, ["kerambrun maelle", "maelle.kerambrun"]),
        (DataKind.LOCATION, "22.271551, 114.134494", None, ["22.271551,114.134494", "114.134494,22.271551"]),
        (DataKind.SMS_BODY, "café\nnoir", None, ["cafe\u0301\nnoir", "café\r\nnoir"]),
    ],
)
def test_each_kind_is_spelt_as_people_and_programs_write_it(kind, value, region, expected):
    found = spellings(kind, value, region)
    assert set(expected) <= set(found)
    assert len(found) == len(set(found))


@given(st.text(min_size=1).filter(str.strip), st.sampled_from(list(DataKind)))
def test_any_value_has_at_least_its_own_spelling(value, kind):
    assert value.strip() in spellings(kind, value, None)


def fact(kind, *values, name="f"):
    return Fact(name, kind, values)


def test_text_is_searched_in_utf_8_and_both_utf_16_and_by_its_digests():
    watch = watch_for(Owner((fact(DataKind.EMAIL, "Ann@post.example"),)))
    plain = {form.data for form in watch.needles.plain if form.fact == 0}
    assert {
        b"ann@post.example",
        "ann@post.example".encode("utf-16-le"),
        "ann@post.example".encode("utf-16-be"),
    } <= plain
    digests = {form.data for pack in watch.needles.digests for form in pack if form.fact == 0}
    assert hashlib.md5(b"ann@post.example").digest() in digests
    assert hashlib.sha256(b"Ann@post.example").digest() in digests


def test_chinese_text_is_searched_in_the_encoding_of_chinese_systems():
    watch = watch_for(
        Owner((Fact("sms", DataKind.SMS_BODY, ("下午三点见面",)), Fact("two", DataKind.NAME, ("小明",))))
    )
    forms = {form.data for form in watch.needles.plain}
    assert "下午三点见面".encode("gb18030") in forms
    assert "小明".encode("gb18030") not in forms, "four bytes stand anywhere by chance"


def test_a_short_fact_needs_a_whole_token_and_context_and_that_is_said():
    watch = watch_for(Owner((fact(DataKind.SSID, "Kite7"),)))
    forms = [(number, form) for number, form in enumerate(watch.needles.plain) if form.fact == 0]
    for number, form in forms:
        assert (number in watch.short) == (len(form.data) < SHORT_BYTES)
        assert form.whole_token or len(form.data) >= SHORT_BYTES
    assert "fact_by_context" in [note.code for note in watch.notes]


@pytest.mark.parametrize(
    ("value", "kind", "code"),
    [
        ("abc", DataKind.SSID, "fact_too_short"),
        ("12345", DataKind.ACCOUNT, "fact_too_short"),
        ("00000000000", DataKind.SERIAL, "fact_too_short"),
        ("Admin", DataKind.ACCOUNT, "fact_common"),
        ("02:00:00:00:00:00", DataKind.MAC, "fact_mask"),
    ],
)
def test_a_fact_that_chance_would_find_is_refused_with_a_note(value, kind, code):
    watch = watch_for(Owner((fact(kind, value),)))
    assert not [form for form in watch.needles.plain if form.fact == 0]
    assert "f" not in watch.searched
    assert [note.code for note in watch.notes] == [code]


def test_a_contact_without_number_is_named_and_not_searched():
    watch = watch_for(Owner((fact(DataKind.CONTACT),)))
    assert [note.code for note in watch.notes] == ["contact_without_value"]


def test_a_long_message_is_searched_whole_and_in_pieces_that_no_other_message_has():
    opening = "Dear customer, thank you for your order of this week. "
    first, second = opening * 2 + "Your parcel 4711 waits.", opening * 2 + "Your parcel 0815 is lost."
    watch = watch_for(
        Owner((fact(DataKind.SMS_BODY, first, name="a"), fact(DataKind.SMS_BODY, second, name="b")))
    )
    forms = [form.data for form in watch.needles.plain if form.fact in (0, 1)]
    assert first.encode() in forms
    assert opening[:40].strip().encode() not in forms, "the opening tells the two apart no more than chance"
    assert any(b"4711" in form and len(form) < 60 for form in forms)


def test_a_photo_is_known_by_hash_and_by_stretches_of_its_own(tmp_path):
    files = []
    for number in range(2):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(
            b"same header" * 50 + b"".join(hashlib.sha256(b"%d%d" % (number, n)).digest() for n in range(60))
        )
        files.append(Fact(f"photo:{number}", DataKind.PHOTO, file=path))
    watch = watch_for(Owner(tuple(files)))
    assert [form.sha256 for form in watch.needles.files] == [
        hashlib.sha256(f.file.read_bytes()).digest() for f in files
    ]
    for form in watch.needles.plain:
        if form.fact in (0, 1):
            assert form.data in files[form.fact].file.read_bytes()
            assert form.data not in files[1 - form.fact].file.read_bytes()


def test_two_facts_with_one_value_are_told():
    watch = watch_for(
        Owner(
            (
                fact(DataKind.EMAIL, "a@post.example", name="a"),
                fact(DataKind.EMAIL, "a@post.example", name="b"),
            )
        )
    )
    assert [note.params for note in watch.notes] == [{"facts": ("a", "b")}]


def test_of_too_many_facts_the_messages_beyond_are_left_out_and_that_is_said(monkeypatch):
    monkeypatch.setattr(needles, "MOST_FORMS", 2_000)
    texts = [f"message {n}: we meet at {n * 7919} past noon" for n in range(500)]
    facts = [Fact(f"sms:{n}", DataKind.SMS_BODY, (text,)) for n, text in enumerate(texts)]
    facts.append(Fact("imei", DataKind.IMEI, ("490154203237518",)))
    watch = watch_for(Owner(tuple(facts)))
    (note,) = [note for note in watch.notes if note.code == "facts_too_many"]
    assert "imei" in watch.searched, "messages displace no identifier"
    assert note.params["count"] == len(facts) - len(watch.searched - {f.id for f in watch.facts if f.masked})
    assert 1_900 <= len(watch.needles.plain) < 2_100, "some forms are those of several facts"


def test_a_file_too_large_to_be_held_is_left_out_and_that_is_said(tmp_path):
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(3 << 30)
    watch = watch_for(Owner((Fact("film", DataKind.VIDEO, file=film),)))
    assert [note.params for note in watch.notes if note.code == "fact_too_large"] == [{"fact": "film"}]
    assert "film" not in watch.searched


def test_every_rule_has_a_reason_and_keys_in_lower_case():
    rules = load_rules()
    assert len(rules.fields) > 10
    for rule in rules.fields:
        assert rule.reason
        assert all(key == key.lower() for key in rule.keys)
    assert all(mask.masked for mask in rules.masks)


def test_a_message_of_any_length_is_looked_for_and_no_form_is_larger_than_the_core_takes():
    long = " ".join(f"word{number}" for number in range(20_000))
    watch = watch_for(Owner((Fact("sms:1", DataKind.SMS_BODY, (long,)),)))
    assert "sms:1" in watch.searched
    assert max(len(form.data) for form in watch.needles.plain) <= 65_536
    assert any(long.encode().startswith(form.data) and len(form.data) > 1_000 for form in watch.needles.plain)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("kind", "own", "another"),
    [
        ("contact", "+33612231688", "+49151612231688"),
        ("contact", "+33612231688", "06122316880"),
        ("identifier.email", "ann@post.example", "joann@post.example"),
        ("identifier.email", "ann@post.example", "ann@post.example2"),
    ],
)
def test_what_is_only_a_piece_of_another_persons_number_or_address_is_not_the_owners(
    tmp_path, encoding, kind, own, another
):
    (tmp_path / "owner.toml").write_text(
        f'format = "wirewitness-owner/1"\n[[fact]]\nid = "own"\nkind = "{kind}"\nvalue = "{own}"\n', "utf-8"
    )
    for sent, expected in ((own, 1), (another, 0)):
        body = f'"contact": "{sent}", "n": 1'.encode(encoding)
        head = f"POST /a HTTP/1.1\r\nHost: api.vendor.example\r\nContent-Length: {len(body)}\r\n\r\n"
        capture = tiny_capture(tmp_path / "one.pcap", head.encode() + body)
        result = audit([capture], tmp_path / f"audit-{expected}", owner=tmp_path / "owner.toml")
        assert len({one.fact for one in result.exposures if one.fact}) == expected, sent
