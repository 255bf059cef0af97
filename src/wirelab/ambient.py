"""What is heard in any home without anyone doing anything.

DHCP when the phone joins, ARP, mDNS, a neighbour's SSDP: they prove that a recorder was running; silence in
them means that it was not.
"""

from __future__ import annotations

import struct
from functools import partial

from wirelab import dns_message
from wirelab.net import Net
from wirelab.packet import UDP, Path, mac
from wirelab.phone import Phone
from wirelab.recorder import Life

_BROADCAST = b"\xff" * 6
_MDNS_MAC, _MDNS = mac("01:00:5e:00:00:fb"), "224.0.0.251"
_SSDP_MAC, _SSDP = mac("01:00:5e:7f:ff:fa"), "239.255.255.250"
_NAMES = ("living-room-tv", "printer-2f31", "kitchen-radio", "laptop-anne", "nas")
_SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n'
    b"ST: urn:dial-multiscreen-org:service:dial:1\r\n\r\n"
)


class Ambient:
    """Starts by itself; frames go to recorders that see the home's link layer."""

    def __init__(self, net: Net, phone: Phone) -> None:
        self._net, self._life = net, Life()
        options, rng = net.options, net.rng("ambient")
        self._phone, self._gateway = mac(options.phone_mac), mac(options.gateway_mac)
        self._devices = []
        for number in range(options.devices):
            hardware = bytes([0x3C, 0x5A, 0xB4]) + rng.randbytes(3)
            self._devices.append((_NAMES[number % len(_NAMES)], f"192.168.1.{30 + 7 * number}", hardware))
        self._lease = rng.randrange(1 << 32)
        net.clock.after(0.05, self._join)
        net.clock.every(55, self._arp, jitter_s=8, rng=rng)
        for number, device in enumerate(self._devices):
            net.clock.every(120 + 37 * number, partial(self._announce, *device), jitter_s=20, rng=rng)
        if self._devices:
            net.clock.every(600, self._search, jitter_s=30, rng=rng)
        phone.on_network.append(lambda network: self._join() if network == "wifi" else None)

    def _put(self, frame: bytes, later_ns: int = 0) -> None:
        for recorder in self._net.recorders:
            if recorder.ethernet and recorder.covers("wifi"):
                recorder.put(self._net.clock.now + later_ns, frame, self._life)

    def _udp(
        self, source: bytes, target: bytes, path: tuple[str, str, int, int], payload: bytes, ttl: int
    ) -> bytes:
        src, dst, sport, dport = path
        ident = self._net.rng("ambient idents").randrange(1 << 16)
        return Path(src, dst, sport, dport, UDP, link=target + source, ttl=ttl, ident=ident).udp(payload)

    def _arp(self) -> None:
        """The gateway asks whether the phone (or a device) is still there."""
        options, rng = self._net.options, self._net.rng("ambient")
        peers = [(address, hardware) for _, address, hardware in self._devices]
        if self._net.network == "wifi":
            peers += [(options.wifi_address, self._phone)] * 2
        if not peers:
            return
        address, hardware = rng.choice(peers)
        self._put(_arp(1, self._gateway, options.gateway_address, b"\0" * 6, address, hardware))
        self._put(
            _arp(2, hardware, address, self._gateway, options.gateway_address, self._gateway), 2_300_000
        )

    def _announce(self, name: str, address: str, hardware: bytes) -> None:
        records = [dns_message.Answer(f"{name}.local", "A", address, 120)]
        body = dns_message.response(0, f"{name}.local", "A", records)
        # Multicast answers carry no question and are authoritative (RFC 6762, section 6).
        owner = dns_message.pack_name(f"{name}.local")
        answer = body[12 + len(owner) + 4 + 2 :]
        message = struct.pack("!HHHHHH", 0, 0x8400, 0, 1, 0, 0) + owner + answer
        self._put(self._udp(hardware, _MDNS_MAC, (address, _MDNS, 5353, 5353), message, 255))

    def _search(self) -> None:
        _, address, hardware = self._devices[0]
        port = self._net.rng("ambient").randrange(40000, 60000)
        self._put(self._udp(hardware, _SSDP_MAC, (address, _SSDP, port, 1900), _SEARCH, 2))

    def _join(self) -> None:
        """DHCP: discover, offer, request, acknowledge (RFC 2131); then ARP for the gateway."""
        options = self._net.options
        if self._net.network != "wifi":
            return
        self._lease = (self._lease + 1) & 0xFFFFFFFF
        broadcast, nobody = "255.255.255.255", "0.0.0.0"  # noqa: S104 - DHCP's own source address
        for step, kind in enumerate((1, 2, 3, 5)):
            from_phone = kind in {1, 3}
            message = self._dhcp(kind, from_phone=from_phone)
            if from_phone:
                frame = self._udp(self._phone, _BROADCAST, (nobody, broadcast, 68, 67), message, 64)
            else:
                ends = (options.gateway_address, options.wifi_address, 67, 68)
                frame = self._udp(self._gateway, self._phone, ends, message, 64)
            self._put(frame, step * 21_000_000)
        ends_mac = (self._phone, options.wifi_address, b"\0" * 6, options.gateway_address, _BROADCAST)
        self._put(_arp(1, *ends_mac), 120_000_000)
        answer = (self._gateway, options.gateway_address, self._phone, options.wifi_address, self._phone)
        self._put(_arp(2, *answer), 120_400_000)

    def _dhcp(self, kind: int, *, from_phone: bool) -> bytes:
        options = self._net.options
        mine, gateway = _packed(options.wifi_address), _packed(options.gateway_address)
        yours = b"\0" * 4 if from_phone else mine
        head = struct.pack("!BBBBIHH", 1 if from_phone else 2, 1, 6, 0, self._lease, 0, 0)
        body = head + b"\0" * 4 + yours + (b"\0" * 4 if from_phone else gateway) + b"\0" * 4
        body += self._phone + b"\0" * 10 + b"\0" * 192 + b"\x63\x82\x53\x63" + bytes([53, 1, kind])
        if from_phone:
            name = options.phone_name.encode()
            body += bytes([12, len(name)]) + name + bytes([55, 4, 1, 3, 6, 15])
            if kind == 3:
                body += bytes([50, 4]) + mine + bytes([54, 4]) + gateway
        else:
            body += bytes([54, 4]) + gateway + bytes([51, 4]) + struct.pack("!I", 864000)
            body += bytes([1, 4, 255, 255, 255, 0, 3, 4]) + gateway + bytes([6, 4]) + gateway
            body += bytes([15, len(options.domain)]) + options.domain.encode()
        return (body + b"\xff").ljust(300, b"\0")


def _packed(address: str) -> bytes:
    return bytes(int(part) for part in address.split("."))


def _arp(  # noqa: PLR0917 - the fields of RFC 826 in their order
    kind: int, hardware: bytes, address: str, target: bytes, wanted: str, to: bytes
) -> bytes:
    body = (
        struct.pack("!HHBBH", 1, 0x0800, 6, 4, kind) + hardware + _packed(address) + target + _packed(wanted)
    )
    return to + hardware + b"\x08\x06" + body + b"\0" * 18
