"""The way between the phone and a host on one network: addresses, delays, bandwidth, faults."""

from __future__ import annotations

from dataclasses import dataclass

SEGMENT = 1448
"""Bytes of payload in a full TCP segment with timestamps on a 1500-byte link."""


@dataclass(frozen=True)
class Route:
    """One way. `near_ns` is the part of `one_way_ns` between the phone and the home's gateway."""

    network: str
    client: str
    server: str
    one_way_ns: int
    near_ns: int
    gap_up_ns: int
    gap_down_ns: int
    loss: float
    reorder: float
    client_mac: bytes
    gateway_mac: bytes
    hops: int

    def gap(self, side: int) -> int:
        """Nanoseconds that one full segment takes on the narrowest link, from that side."""
        return self.gap_down_ns if side else self.gap_up_ns
