"""The owner's file, and the photos, contacts and messages that it names."""

from __future__ import annotations

import pytest

from wirewitness.find.needles import watch_for
from wirewitness.find.owner_file import read_owner
from wirewitness.find.sms_backup import read_sms_backup
from wirewitness.find.vcard import read_vcards
from wirewitness.model.errors import InputError

HEAD = 'format = "wirewitness-owner/1"\n'


def write(folder, text, name="owner.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_facts_photos_contacts_and_messages_come_in_order(tmp_path):
    (tmp_path / "photos").mkdir()
    for name in ("b.jpg", "a.jpg", ".hidden"):
        (tmp_path / "photos" / name).write_bytes(b"x")
    write(tmp_path, "BEGIN:VCARD\nTEL:+33 1 23\nEND:VCARD\n", "c.vcf")
    write(tmp_path, '<smses count="2"><sms body="one"/><sms body=""/><sms body="three"/></smses>', "s.xml")
    text = (
        HEAD
        + 'photos="photos"\ncontacts="c.vcf"\nmessages="s.xml"\n[[fact]]\nid="imei"\nkind="identifier.imei"\n'
    )
    owner = read_owner(write(tmp_path, text + 'value="490154203237518"\n'))
    assert [fact.id for fact in owner.facts] == [
        "imei",
        "photo:a.jpg",
        "photo:b.jpg",
        "contact:1",
        "sms:1",
        "sms:3",
    ]


def test_no_value_shows_when_a_fact_is_printed(tmp_path):
    owner = read_owner(
        write(tmp_path, HEAD + '[[fact]]\nid="n"\nkind="identifier.name"\nvalue="Maelle K."\n')
    )
    assert "Maelle" not in repr(owner)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[[fact]]\nid = "a"\nkind = "shoe_size"\nvalue = "42"', 4, "not a kind of data"),
        ('[[fact]]\nid = "a"\nkind = "location"\nvalue = " "', 5, "not empty"),
        ('[[fact]]\nid = "a"\nkind = "photo"\nfile = "gone.jpg"', 5, "does not exist"),
        (
            '[[fact]]\nid = "a"\nkind = "location"\nvalue = "x"\n[[fact]]\nid = "a"\nkind = "location"\nvalue = "y"',
            7,
            "used twice",
        ),
        ('[[fact]]\nid = "a"\nkind = "location"\n\nvalue = "x"\nvalve = "y"', 7, "'valve' is not known"),
        ("photos = 3", 2, "should be a text"),
        ("[[fact]", 2, "is not TOML"),
    ],
)
def test_each_mistake_is_one_sentence_with_its_line(text, line, said, tmp_path):
    with pytest.raises(InputError) as caught:
        read_owner(write(tmp_path, HEAD + text))
    assert caught.value.line == line, str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_owner(tmp_path / "none.toml")


def test_vcards_of_three_versions(tmp_path):
    text = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;;;;\r\n"
        "TEL;CELL:138-1234-5678\r\nEMAIL;ENCODING=QUOTED-PRINTABLE:wang=\r\n=40post.example\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nitem1.TEL;TYPE=CELL:+33 6 39 98\r\n  01 23\r\nTEL:+33 6 39 98 01 23\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:4.0\r\nTEL;VALUE=uri;PREF=1:tel:+1-503-555-0101;ext=5\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Nobody\r\nEND:VCARD\r\n"
    )
    cards = read_vcards(write(tmp_path, text, "c.vcf"))
    assert [card.numbers for card in cards] == [
        ("138-1234-5678",),
        ("+33 6 39 98 01 23",),
        ("+1-503-555-0101",),
        (),
    ]
    assert cards[0].emails == ("wang@post.example",)


@pytest.mark.parametrize(
    "text", ["", "hello", "BEGIN:VCARD\nTEL:1\n", "BEGIN:VCARD\nBEGIN:VCARD\nEND:VCARD\n"]
)
def test_what_is_no_vcard_is_refused(text, tmp_path):
    with pytest.raises(InputError):
        read_vcards(write(tmp_path, text, "c.vcf"))


def test_an_address_book_of_two_gigabytes_is_left_out_unread_and_that_is_said(tmp_path):
    book = tmp_path / "all.vcf"
    with book.open("wb") as file:
        file.write(b"BEGIN:VCARD\nTEL:123\nEND:VCARD\n")
        file.truncate(2 << 30)  # sparse: it takes no room
    with pytest.raises(InputError, match="larger than 64 MiB") as found:
        read_vcards(book)
    assert "\n" not in str(found.value)
    text = (
        'format = "wirewitness-owner/1"\ncontacts = "all.vcf"\n[[fact]]\nid = "a"\nkind = "identifier.imei"\n'
    )
    (tmp_path / "OWNER.toml").write_text(text + 'value = "490154203237518"\n')
    owner = read_owner(tmp_path / "OWNER.toml")
    assert [fact.id for fact in owner.facts] == ["a"], "the others are still looked for"
    said = [note for note in watch_for(owner).notes if note.code == "owner_file_too_large"]
    assert [note.params for note in said] == [{"file": "all.vcf"}]


def test_messages_keep_their_numbers_and_faces_beyond_the_basic_plane(tmp_path):
    body = "<smses><sms body='hi &#55357;&#56832;!'/><mms><parts><part ct='application/smil' text='x'/>"
    body += "<part ct='text/plain' text='by mms'/></parts></mms></smses>"
    assert read_sms_backup(write(tmp_path, body, "s.xml")) == (["hi 😀!"], ["by mms"])


def test_a_face_may_lie_on_the_border_of_two_pieces(tmp_path):
    for shift in range(20):
        filler = "x" * ((1 << 20) - 40 - shift)
        text = f"<smses><sms body='{filler}&#55357;&#56832;&#55357;&#56833;'/></smses>"
        assert read_sms_backup(write(tmp_path, text, "s.xml"))[0] == [filler + "😀😁"]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE smses [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><smses><sms body="&b;"/></smses>',
        '<!DOCTYPE smses SYSTEM "file:///etc/passwd"><smses/>',
        "<html></html>",
        "<smses><sms body='x'></smses>",
        "",
    ],
)
def test_entities_other_documents_and_broken_ones_are_refused(text, tmp_path):
    with pytest.raises(InputError):
        read_sms_backup(write(tmp_path, text, "s.xml"))
