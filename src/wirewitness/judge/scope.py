"""What a claim looks at: the hours under its condition and the traffic with its hosts, read and unread."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from wirewitness.find.traffic import Traffic
from wirewitness.judge.evidence import Evidence
from wirewitness.judge.matching import in_countries, place_of
from wirewitness.judge.situations import Situation
from wirewitness.judge.timeline import holds
from wirewitness.model.case_file import Claim, host_matches

_CARRIER_LARGE = 1024
_CARRIER_SMALL = 8
_LARGE_KINDS = frozenset({"photo", "video"})


def carrier_bytes(kinds: tuple[str, ...]) -> int:
    """How many unread bytes could carry the smallest thing of these kinds: a thumbnail, or a short value."""
    return _CARRIER_LARGE if set(kinds) <= _LARGE_KINDS else _CARRIER_SMALL


@dataclass(frozen=True)
class Scope:
    """A claim against the evidence. Situations are those of its period."""

    claim: Claim
    evidence: Evidence

    @cached_property
    def situations(self) -> list[Situation]:
        """Those in the claim's period in which its condition holds or may hold."""
        return [
            s
            for s in self.evidence.situations
            if self.claim.id in s.claims and holds(self.claim.when, s.states) is not False
        ]

    @cached_property
    def period_captured(self) -> bool:
        """Whether any capture ran in the claim's period."""
        return any(self.claim.id in s.claims and s.live != "none" for s in self.evidence.situations)

    def nanoseconds(self, *lives: str, known: bool = True) -> int:
        """How long the condition held (not `known`: may have held), the capture in one of these states."""
        return sum(
            s.nanoseconds
            for s in self.situations
            if s.live in lives
            and (holds(self.claim.when, s.states) is True) is known
            and not (s.live == "none" and s.states.get("network") == "none")
        )

    @cached_property
    def unknown_keys(self) -> tuple[str, ...]:
        """State keys of the condition that are not known at some time of the period."""
        unknown = {key for s in self.situations for key in self.claim.when if key not in s.states}
        return tuple(sorted(unknown))

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The numbers of `situations`."""
        return frozenset(s.number for s in self.situations)

    @cached_property
    def traffic(self) -> list[Traffic]:
        """Traffic in these situations with the claim's hosts, or with hosts that nothing names."""
        return [
            t
            for t in self.evidence.traffic
            if t.situation in self.numbers and self._concerns(t.host, t.address)
        ]

    def _concerns(self, host: str, address: str) -> bool:
        if in_countries(self.claim, place_of(self.evidence, host, address)) is False:
            return False
        if host == "" and self.claim.hosts:
            return _is_global(address)
        return host_matches(host, self.claim.hosts)

    def looks_at(self, destination: str, addresses: Iterable[str]) -> bool:
        """Whether the claim looks at a host (or an address without a name) at any of these addresses."""
        return any(
            self._concerns("" if destination == address else destination, address) for address in addresses
        )

    @cached_property
    def named(self) -> list[Traffic]:
        """The part of `traffic` whose host is known to be one of the claim's."""
        return [t for t in self.traffic if t.host != "" or not self.claim.hosts]

    @cached_property
    def holes(self) -> dict[tuple[str, str, str], int]:
        """Unread and missing bytes by (host, address, reason), going the way the claim looks at."""
        up = self.claim.about != "answer"
        sums: dict[tuple[str, str, str], int] = defaultdict(int)
        for hole in self.evidence.holes:
            if hole.up is up and hole.situations & self.numbers and self._concerns(hole.host, hole.address):
                sums[hole.host, "" if hole.host else hole.address, hole.reason] += hole.bytes
        return dict(sorted(sums.items()))

    @cached_property
    def tokens(self) -> dict[tuple[str, str], int]:
        """Messages with tokens that nothing explains, by (destination, field)."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for one in self.evidence.tokens:
            if one.situation in self.numbers and self._concerns(one.host, one.address):
                sums[one.host or one.address, one.field] += one.messages
        return dict(sorted(sums.items()))

    @cached_property
    def refused(self) -> dict[tuple[str, str], int]:
        """Attempts that failed and were not made good, by (destination, how)."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for traffic in self.traffic:
            for how, attempts in traffic.refused.items():
                sums[traffic.host or traffic.address, how] += attempts
        return dict(sorted(sums.items()))

    def apps_at(self, destination: str) -> tuple[str, ...]:
        """The apps that were recorded as speaking to a host (or an address without a name)."""
        places = self.evidence.places.items()
        there = [place for (host, address), place in places if destination == (host or address)]
        return tuple(sorted({app for place in there for app in place.apps}))


def _is_global(address: str) -> bool:
    """Whether an address is one of the public network: nothing leaves the house to another."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return True
    return parsed.is_global and not parsed.is_multicast
