"""What a Linux system says of its network and power: ``/sys`` and ``/proc`` in, the agent's words out."""

from __future__ import annotations

from pathlib import Path

_UP = 0x1
_LONGEST = 1 << 20


def read_network(root: Path = Path("/")) -> str:
    """``wifi``, ``mobile``, ``other`` or ``none``: the kind of interface that the default route takes."""
    interface = _default_interface(root)
    if interface is None:
        return "none"
    place = root / "sys/class/net" / interface
    if _text(place / "operstate").strip() == "down":
        return "none"
    if (place / "wireless").exists() or (place / "phy80211").exists():
        return "wifi"
    return "mobile" if "DEVTYPE=wwan" in _text(place / "uevent") else "other"


def read_charging(root: Path = Path("/")) -> str:
    """``on`` when the power comes from outside: a supply is online, or there is no battery at all."""
    batteries = 0
    for supply in sorted((root / "sys/class/power_supply").glob("*")):
        if _text(supply / "type").strip() == "Battery":
            batteries += 1
        elif _text(supply / "online").strip() == "1":
            return "on"
    return "off" if batteries else "on"


def _default_interface(root: Path) -> str | None:
    """Of the IPv4 default route with the lowest metric, else of the IPv6 one."""
    found = []
    for line in _text(root / "proc/net/route").splitlines()[1:]:
        words = line.split()
        if len(words) >= 8 and words[1] == words[7] == "00000000" and int(words[3], 16) & _UP:
            found.append((int(words[6]), words[0]))
    for line in _text(root / "proc/net/ipv6_route").splitlines() if not found else ():
        words = line.split()
        if len(words) == 10 and words[0] == "0" * 32 and words[1] == "00" and words[9] != "lo":
            found.append((int(words[5], 16), words[9]))
    return min(found)[1] if found else None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST).decode("utf-8", "replace")
    except OSError:
        return ""
