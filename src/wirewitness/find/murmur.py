"""MurmurHash3 by Austin Appleby (2011; public domain): 32 bits for x86 and 128 bits for x64.

In: bytes and a seed. Out: numbers, as the reference implementation has them. Not cryptographic: whoever has a
list of values finds one again by its hash, as with every digest of a value of few digits.
"""

from __future__ import annotations

_U32 = 0xFFFF_FFFF
_U64 = 0xFFFF_FFFF_FFFF_FFFF


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """MurmurHash3_x86_32, without sign."""
    h = seed
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        h ^= _scramble(int.from_bytes(data[at : at + 4], "little"))
        h = (_turn(h, 13, 32) * 5 + 0xE654_6B64) & _U32
    if tail := data[whole:]:
        h ^= _scramble(int.from_bytes(tail, "little"))
    h ^= len(data)
    h = ((h ^ h >> 16) * 0x85EB_CA6B) & _U32
    h = ((h ^ h >> 13) * 0xC2B2_AE35) & _U32
    return h ^ h >> 16


def murmur3_128(data: bytes, seed: int = 0) -> tuple[int, int]:
    """MurmurHash3_x64_128: its two words, without sign."""
    a = b = seed
    whole = len(data) & ~15
    for at in range(0, whole, 16):
        a ^= _first(int.from_bytes(data[at : at + 8], "little"))
        a = ((_turn(a, 27, 64) + b) * 5 + 0x52DC_E729) & _U64
        b ^= _second(int.from_bytes(data[at + 8 : at + 16], "little"))
        b = ((_turn(b, 31, 64) + a) * 5 + 0x3849_5AB5) & _U64
    tail = data[whole:]
    b ^= _second(int.from_bytes(tail[8:], "little"))
    a ^= _first(int.from_bytes(tail[:8], "little"))
    a, b = a ^ len(data), b ^ len(data)
    a = (a + b) & _U64
    b = (b + a) & _U64
    a, b = _mix(a), _mix(b)
    a = (a + b) & _U64
    return a, (b + a) & _U64


def _turn(value: int, by: int, width: int) -> int:
    return (value << by | value >> (width - by)) & (1 << width) - 1


def _scramble(k: int) -> int:
    return (_turn(k * 0xCC9E_2D51 & _U32, 15, 32) * 0x1B87_3593) & _U32


def _first(k: int) -> int:
    return (_turn(k * 0x87C3_7B91_1142_53D5 & _U64, 31, 64) * 0x4CF5_AD43_2745_937F) & _U64


def _second(k: int) -> int:
    return (_turn(k * 0x4CF5_AD43_2745_937F & _U64, 33, 64) * 0x87C3_7B91_1142_53D5) & _U64


def _mix(k: int) -> int:
    k = ((k ^ k >> 33) * 0xFF51_AFD7_ED55_8CCD) & _U64
    k = ((k ^ k >> 33) * 0xC4CE_B9FE_1A85_EC53) & _U64
    return k ^ k >> 33
