"""What a world may turn on the laboratory's machinery."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LabOptions:
    """Delays in seconds one way, bandwidths in megabits a second, rates as probabilities per packet.

    `drop` is the share of packets that a recorder itself loses (it says so in its statistics). `devices` is
    the number of other machines in the home that are heard now and then. `ipv6` gives the phone an IPv6
    address.
    """

    loss: float = 0.001
    reorder: float = 0.0005
    drop: float = 0.0
    wifi_delay_s: float = 0.002
    wifi_mbit: tuple[float, float] = (20.0, 100.0)
    mobile_delay_s: float = 0.03
    mobile_mbit: tuple[float, float] = (5.0, 25.0)
    ambient: bool = True
    devices: int = 2
    ipv6: bool = True
    phone_name: str = "android-4f2a91c07d3be856"
    phone_mac: str = "64:cc:2e:5b:91:0f"
    gateway_mac: str = "c0:25:06:7a:33:e8"
    wifi_address: str = "192.168.1.23"
    gateway_address: str = "192.168.1.1"
    domain: str = "home"
