"""Believable addresses: by country and kind of owner, never the same one twice.

The ranges belong to hosting firms and carriers registered in that country for many years, so that a shipped
database of any date gives the same country. They are used inside generated captures only.
"""

from __future__ import annotations

import ipaddress
import random

RANGES: dict[tuple[str, str], tuple[str, ...]] = {
    ("CN", "cloud"): ("42.62.0.0/17", "58.83.160.0/20", "111.13.0.0/16", "123.125.0.0/16", "106.120.0.0/15"),
    ("CN", "cdn"): ("61.135.0.0/16", "220.181.0.0/16"),
    ("SG", "cloud"): ("203.116.0.0/16", "203.125.0.0/16"),
    ("US", "cloud"): ("23.20.0.0/14", "50.16.0.0/15"),
    ("US", "cdn"): ("104.16.0.0/14", "199.232.0.0/17"),
    ("US", "search"): ("142.250.0.0/16", "172.217.0.0/16"),
    ("DE", "cloud"): ("88.198.0.0/16", "78.46.0.0/15", "85.214.0.0/16"),
    ("FR", "cloud"): ("195.154.0.0/16", "212.27.32.0/19"),
    ("IE", "cloud"): ("87.32.0.0/13", "86.40.0.0/13"),
    ("NL", "cloud"): ("85.17.0.0/16", "213.154.224.0/19"),
    ("JP", "cloud"): ("133.242.0.0/16", "59.106.0.0/16"),
    ("RU", "cloud"): ("95.213.128.0/17",),
    ("KR", "cloud"): ("211.233.0.0/17", "203.248.128.0/17"),
    ("GB", "cloud"): ("212.58.224.0/19", "81.128.0.0/12"),
}
DELAY_S = {"CN": 0.19, "SG": 0.12, "US": 0.055, "JP": 0.12, "KR": 0.13, "RU": 0.03, "IE": 0.014, "GB": 0.011}
"""One-way delay from a home in western Europe, seconds; anything else is near: 0.008."""


class Addresses:
    """Hands out addresses of a country."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def pick(self, country: str, kind: str = "cloud") -> str:
        """A fresh address of that country and kind ("cloud", "cdn", "search").

        Raises:
            ValueError: when there is no range for them.
        """
        ranges = RANGES.get((country, kind)) or RANGES.get((country, "cloud"))
        if ranges is None:
            raise ValueError(f"no addresses for {country!r}; there are {sorted({key for key, _ in RANGES})}")
        while True:
            network = ipaddress.ip_network(self._rng.choice(ranges))
            address = str(network[self._rng.randrange(256, network.num_addresses - 1)])
            if address not in self._used and not address.endswith((".0", ".255")):
                self._used.add(address)
                return address


def one_way_delay(country: str) -> float:
    """Seconds from the home's gateway to a host in that country."""
    return DELAY_S.get(country, 0.008)
