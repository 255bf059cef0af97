"""The owner: everything private comes from the seed, is well formed, and is nobody real's."""

from __future__ import annotations

import io
import tomllib
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from PIL import Image

from wirelab.owner.files import write_owner
from wirelab.owner.identifiers import luhn_digit
from wirelab.owner.person import make_owner

UNTIL = datetime(2014, 7, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def owner():
    return make_owner(7, UNTIL)


def test_the_same_seed_gives_the_same_owner_and_another_seed_another(owner):
    assert make_owner(7, UNTIL) == owner
    other = make_owner(8, UNTIL)
    assert {photo.data for photo in other.photos}.isdisjoint(photo.data for photo in owner.photos)
    assert other.identifiers.imei != owner.identifiers.imei


def test_check_digits_are_valid():
    assert luhn_digit("49015420323751") == "8"  # the example of 3GPP TS 23.003
    for seed in range(50):
        ids = make_owner(seed, UNTIL, photos=0, messages=1, contacts=1).identifiers
        assert luhn_digit(ids.imei[:-1]) == ids.imei[-1]
        assert len(ids.imei) == 15
        assert luhn_digit(ids.iccid[:-1]) == ids.iccid[-1]
        assert len(ids.iccid) == 20
        assert ids.imsi.startswith("00101")
        assert len(ids.imsi) == 15


def test_no_number_can_belong_to_anybody(owner):
    numbers = [contact.number for contact in owner.contacts] + [call.number for call in owner.calls]
    for number in [*numbers, owner.identifiers.phone_number]:
        assert number.startswith(("+3363998", "+447700900", "+1")), number
        assert not number.startswith("+1") or number[5:9] == "5550", number
    assert len(set(numbers)) == len(numbers)
    assert owner.identifiers.phone_number not in numbers


def test_photos_are_real_images_with_a_camera_in_them(owner):
    kinds = {photo.media_type for photo in owner.photos}
    assert kinds == {"image/jpeg", "image/png", "image/heic"}
    for photo in owner.photos:
        assert 10_000 < len(photo.data) < 200_000
        if photo.media_type == "image/jpeg":
            with Image.open(io.BytesIO(photo.data)) as image:
                image.load()
                assert image.getexif()[0x0110] == "VN-2014"
    assert len({photo.data for photo in owner.photos}) == len(owner.photos)


def test_message_texts_are_all_different_and_speak_three_languages(owner):
    bodies = [message.body for message in owner.messages]
    assert len(set(bodies)) == len(bodies) == 60
    assert min(len(body.encode()) for body in bodies) >= 15, "short texts could be found by chance"
    joined = "".join(bodies)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in joined)
    assert any(ord(letter) > 0xFFFF for letter in joined), "emoji outside the basic plane"
    assert "é" in joined


def test_the_files_say_what_the_owner_is(owner, tmp_path):
    write_owner(owner, tmp_path)
    document = tomllib.loads((tmp_path / "owner.toml").read_text(encoding="utf-8"))
    assert document["format"] == "wirewitness-owner/1"
    assert {fact["id"]: fact["value"] for fact in document["fact"]}["imei"] == owner.identifiers.imei
    rows = ET.parse(tmp_path / "sms.xml").getroot().findall("sms")
    assert [row.get("body") for row in rows] == [message.body for message in owner.messages]
    cards = (tmp_path / "contacts.vcf").read_bytes().split(b"BEGIN:VCARD\r\n")[1:]
    for card, contact in zip(cards, owner.contacts, strict=True):
        assert f"TEL;TYPE=CELL:{contact.number}\r\n".encode() in card
    for photo in owner.photos:
        assert (tmp_path / "photos" / photo.name).read_bytes() == photo.data
