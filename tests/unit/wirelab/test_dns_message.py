"""DNS messages as they stand on the wire."""

import pytest

from wirelab.dns_message import Answer, pack_name, question, response


def test_a_question_is_the_one_of_the_rfc() -> None:
    expected = bytes.fromhex("abcd01000001000000000000") + b"\x03www\x07example\x00\x00\x01\x00\x01"
    assert question(0xABCD, "www.example", "A") == expected


def test_answers_follow_the_chain_of_names() -> None:
    made = response(
        1,
        "a.example",
        "A",
        [Answer("a.example", "CNAME", "b.example", 60), Answer("b.example", "A", "192.0.2.1")],
    )
    assert made[:12] == bytes.fromhex("000181800001000200000000")
    assert made.count(b"\xc0\x0c") == 1
    assert made.endswith(b"\x01b\x07example\x00" + bytes.fromhex("00010001 0000012c 0004 c0000201"))


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        (Answer("a.example", "AAAA", "2001:db8::1"), bytes.fromhex("20010db8000000000000000000000001")),
        (Answer("a.example", "TXT", "hello"), b"\x05hello"),
        (Answer("a.example", "TXT", "x" * 300), b"\xff" + b"x" * 255 + b"\x2d" + b"x" * 45),
        (Answer("a.example", "MX", "m.example"), b"\x00\x0a\x01m\x07example\x00"),
    ],
)
def test_values_by_type(answer: Answer, data: bytes) -> None:
    made = response(1, "a.example", answer.rtype, [answer])
    assert made.endswith(len(data).to_bytes(2, "big") + data)


def test_a_name_that_does_not_exist_is_said_so() -> None:
    assert response(1, "no.example", "A", [], rcode=3)[3] & 15 == 3


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a..example", ".".join(["abcdefgh"] * 29)])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="DNS name"):
        pack_name(name)


def test_a_type_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match="SRV"):
        response(1, "a.example", "SRV", [Answer("a.example", "SRV", "x")])
