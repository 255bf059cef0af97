"""A destination: who received it. Host, domain, organisation, address, network, country: they may differ."""

from __future__ import annotations

from dataclasses import dataclass

from wirewitness.model.instant import Instant


@dataclass(frozen=True, slots=True)  # there may be tens of thousands
class Destination:
    """One host at one address. Bytes are application bytes (design section 8); `up` leaves the phone.

    `host` is "" when nothing names it; `host_source`: "sni", "host header" (also a proxy's request), "source"
    (as the list or archive tells it), "dns", "httpdns" (asked for by plain HTTP), "certificate" or "";
    `party`: "first" (the vendor's own), "app" (the own host of the app that sent it), "third" or "unknown"
    (neither is known); `country` is the
    registered country of the address as of `country_date`: evidence about an address, not about who
    controls the host. `carrier`: the cloud or content network that the address belongs to; `alias`: the
    name outside the host's domain that its answers lead to; `cloaked`: whose that is, where it is a firm for
    advertising or analytics. `apps`: who sent it, as the capture recorded; `app_hints`: names in user
    agents, which anyone may write.
    """

    host: str
    host_source: str
    domain: str
    organisation: str | None
    organisation_source: str | None
    purpose: str | None
    party: str
    address: str
    country: str | None
    country_date: str | None
    network: str | None
    flows: int
    up_bytes: int
    down_bytes: int
    readable_up_bytes: int
    refused: int
    first: Instant
    last: Instant
    carrier: str | None = None
    alias: str | None = None
    cloaked: str | None = None
    apps: tuple[str, ...] = ()
    app_hints: tuple[str, ...] = ()
