"""Packets: Ethernet, IPv4, IPv6, TCP and UDP headers with right checksums, made in bulk.

A `Path` is one direction of one conversation at one vantage; all that stays the same over its packets is
computed once. Sources: RFC 791, 8200, 9293, 7323 (timestamps), 768, 1071 (checksum).
"""

from __future__ import annotations

import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
TCP, UDP = 6, 17
_V4 = struct.Struct("!BBHHHBBH4s4s")
_V6 = struct.Struct("!IHBB16s16s")
_TCP = struct.Struct("!HHIIBBHHH")
_STAMP = struct.Struct("!HBBII")
_UDP = struct.Struct("!HHHH")


def ones_sum(data: bytes) -> int:
    """A number that equals the sum of big-endian 16-bit words modulo 65535 (an odd end is padded by zero).

    2**16 is 1 modulo 65535, so the whole byte string read as one integer leaves the same remainder as the
    sum of its words; Python divides long integers in C, which makes this the fast way.
    """
    if len(data) & 1:
        return (int.from_bytes(data, "big") << 8) % 65535
    return int.from_bytes(data, "big") % 65535


def complement(total: int) -> int:
    """The checksum field for a sum of words (RFC 1071); the sum is never all zeros in a real header."""
    return 65535 - (total % 65535 or 65535)


class Path:
    """One direction of a conversation: renders its packets, link header included."""

    __slots__ = (
        "_dst",
        "_ident",
        "_link",
        "_pseudo",
        "_src",
        "_v4sum",
        "dport",
        "flow_label",
        "proto",
        "sport",
        "ttl",
        "v6",
    )

    def __init__(
        self, src: str, dst: str, sport: int, dport: int, proto: int, *, link: bytes, ttl: int, ident: int
    ) -> None:
        source, target = ipaddress.ip_address(src), ipaddress.ip_address(dst)
        self.v6 = source.version == 6
        self._src, self._dst = source.packed, target.packed
        self.sport, self.dport, self.proto, self.ttl = sport, dport, proto, ttl
        self._link = link + (b"\x86\xdd" if self.v6 else b"\x08\x00") if link else b""
        self._ident = ident
        self.flow_label = ident * 16 + (sport & 15)
        addresses = ones_sum(self._src + self._dst)
        self._pseudo = addresses + proto + sport + dport
        self._v4sum = addresses + 0x4500 + 0x4000 + (ttl << 8) + proto

    def _ip(self, length: int) -> bytes:
        if self.v6:
            return self._link + _V6.pack(
                0x60000000 | self.flow_label, length, self.proto, self.ttl, self._src, self._dst
            )
        total = length + 20
        self._ident = ident = (self._ident + 1) & 0xFFFF
        check = complement(self._v4sum + total + ident)
        return self._link + _V4.pack(
            0x45, 0, total, ident, 0x4000, self.ttl, self.proto, check, self._src, self._dst
        )

    def tcp(  # noqa: PLR0917 - the header's fields in their order, called for each packet
        self, seq: int, ack: int, flags: int, window: int, payload: bytes, stamp: tuple[int, int] | None
    ) -> bytes:
        """A TCP segment; `stamp` is (TSval, TSecr) of the timestamps option, or None for no option."""
        size = len(payload)
        if stamp is None:
            offset, options, extra = 0x50, b"", 0
        else:
            value, echo = stamp
            offset, options = 0x80, _STAMP.pack(0x0101, 8, 10, value, echo)
            extra = 0x0101 + 0x080A + (value >> 16) + (value & 0xFFFF) + (echo >> 16) + (echo & 0xFFFF)
        length = 20 + len(options) + size
        total = (
            self._pseudo
            + length
            + (seq >> 16)
            + (seq & 0xFFFF)
            + (ack >> 16)
            + (ack & 0xFFFF)
            + (offset << 8 | flags)
            + window
            + extra
        )
        if size:
            total += ones_sum(payload)
        header = _TCP.pack(self.sport, self.dport, seq, ack, offset, flags, window, complement(total), 0)
        return self._ip(length) + header + options + payload

    def tcp_opening(self, seq: int, ack: int, flags: int, window: int, options: bytes) -> bytes:
        """A SYN or SYN/ACK with its options (a multiple of four bytes)."""
        offset = (20 + len(options)) * 4
        draft = _TCP.pack(self.sport, self.dport, seq, ack, offset, flags, window, 0, 0) + options
        # The ports stand in the pseudo sum already.
        total = self._pseudo - self.sport - self.dport + len(draft) + ones_sum(draft)
        return self._ip(len(draft)) + draft[:16] + complement(total).to_bytes(2, "big") + draft[18:]

    def udp(self, payload: bytes) -> bytes:
        """A UDP datagram; a zero checksum is sent as all ones (RFC 768)."""
        length = 8 + len(payload)
        check = complement(self._pseudo + 2 * length + ones_sum(payload)) or 0xFFFF
        return self._ip(length) + _UDP.pack(self.sport, self.dport, length, check) + payload


def mac(text: str) -> bytes:
    """A link-layer address from "aa:bb:cc:dd:ee:ff"."""
    return bytes.fromhex(text.replace(":", ""))
