"""Packets: the checksums are those that a plain reading of RFC 1071 gives."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from wirelab.community import community_id
from wirelab.packet import ACK, TCP, UDP, Path, complement, ones_sum


def plain_sum(data: bytes) -> int:
    """RFC 1071 word by word."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pseudo(frame: bytes, start: int, proto: int) -> bytes:
    addresses = frame[12:20] if start == 20 else frame[8:40]
    return addresses + struct.pack("!IHBB", len(frame) - start, 0, 0, proto)


@given(st.binary(max_size=70))
def test_the_fast_sum_equals_the_plain_one(data: bytes) -> None:
    assert ones_sum(data) % 65535 == plain_sum(data) % 65535


@given(
    payload=st.binary(max_size=200),
    seq=st.integers(0, 2**32 - 1),
    ack=st.integers(0, 2**32 - 1),
    stamp=st.none() | st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    six=st.booleans(),
)
def test_a_segment_sums_to_all_ones(
    payload: bytes, seq: int, ack: int, stamp: tuple[int, int] | None, six: bool
) -> None:
    ends = ("2001:db8::1", "2001:db8::2") if six else ("10.0.0.1", "192.0.2.9")
    path = Path(*ends, 40000, 443, TCP, link=b"", ttl=64, ident=5)
    packet = path.tcp(seq, ack, ACK, 2048, payload, stamp)
    start = 40 if six else 20
    assert plain_sum(pseudo(packet, start, TCP) + packet[start:]) == 0xFFFF
    if not six:
        assert plain_sum(packet[:20]) == 0xFFFF


@given(st.binary(max_size=200), st.booleans())
def test_a_datagram_sums_to_all_ones_and_never_says_unchecked(payload: bytes, six: bool) -> None:
    ends = ("2001:db8::1", "2001:db8::2") if six else ("10.0.0.1", "192.0.2.9")
    packet = Path(*ends, 40000, 53, UDP, link=b"", ttl=64, ident=5).udp(payload)
    start = 40 if six else 20
    assert plain_sum(pseudo(packet, start, UDP) + packet[start:]) == 0xFFFF
    assert packet[start + 6 : start + 8] != b"\0\0"


def test_an_opening_sums_to_all_ones() -> None:
    path = Path("10.0.0.1", "192.0.2.9", 40000, 443, TCP, link=b"", ttl=64, ident=5)
    packet = path.tcp_opening(1, 0, 2, 65535, bytes.fromhex("020405b4"))
    assert plain_sum(pseudo(packet, 20, TCP) + packet[20:]) == 0xFFFF


def test_complement_of_nothing_is_all_ones() -> None:
    assert complement(0) == 0
    assert complement(1) == 0xFFFE


def test_community_ids_are_the_published_ones_in_both_directions() -> None:
    # The examples of the Community ID specification.
    assert community_id("128.232.110.120", "66.35.250.204", 6, 34855, 80) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    assert community_id("66.35.250.204", "128.232.110.120", 6, 80, 34855) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    assert community_id("192.168.1.52", "8.8.8.8", 17, 54585, 53) == "1:d/FP5EW3wiY1vCndhwleRRKHowQ="
