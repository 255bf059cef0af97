"""Destinations: one row for each host at each address, with what is known of it and from where."""

from __future__ import annotations

from wirewitness.find.lookups import AddressBook, carrier_of, organisations, registrable_domain
from wirewitness.find.senders import Senders, find_senders
from wirewitness.find.tables import Tables
from wirewitness.model.destination import Destination
from wirewitness.model.instant import Instant

LONGEST_CHAIN = 16
_FOLLOWERS = frozenset(
    {
        "advertising",
        "analytics",
        "attribution",
        "data broker",
        "device identification",
        "location broker",
        "measurement",
    }
)
_ROWS = """
WITH tried AS (SELECT host, address, count(*) AS refused FROM attempt WHERE NOT retried GROUP BY ALL)
SELECT f.host, f.address, min(f.host_source), count(*), sum(f.up), sum(f.down), sum(f.readable_up),
  min(f.first_ns), max(f.last_ns), coalesce(any_value(t.refused), 0)
FROM phone_flow f LEFT JOIN tried t ON t.host = f.host AND t.address = f.address
GROUP BY f.host, f.address ORDER BY f.host, f.address
"""


def find_destinations(
    tables: Tables, book: AddressBook, vendor: str, vendor_domains: tuple[str, ...]
) -> list[Destination]:
    """All of them, by host and address. Needs `phone_flow` and `attempt`."""
    found = []
    aliases = _aliases(tables)
    senders = find_senders(tables)
    for host, address, source, flows, up, down, readable, first, last, refused in tables.rows(_ROWS):
        domain = registrable_domain(str(host))
        owner, owner_source, purpose = _owner(str(host), domain, vendor, vendor_domains)
        found.append(
            Destination(
                host=str(host),
                host_source=str(source),
                domain=domain,
                organisation=owner,
                organisation_source=owner_source,
                purpose=purpose,
                party=_party(str(host), vendor_domains),
                address=str(address),
                country=book.country(str(address)),
                country_date=book.country_date,
                network=book.network(str(address)),
                carrier=carrier_of(book.network(str(address))),
                alias=_alias(str(host), aliases),
                cloaked=_cloaked(str(host), aliases),
                apps=senders.get((str(host), str(address)), Senders()).apps,
                app_hints=senders.get((str(host), str(address)), Senders()).hints,
                flows=int(flows or 0),
                up_bytes=int(up or 0),
                down_bytes=int(down or 0),
                readable_up_bytes=int(readable or 0),
                refused=int(refused or 0),
                first=Instant(first or 0),
                last=Instant(last or 0),
            )
        )
    return found


def _aliases(tables: Tables) -> dict[str, str]:
    """For each name the one that an answer said it stands for."""
    rows = tables.rows("SELECT question, name, value FROM name WHERE rtype = 'CNAME' ORDER BY ALL")
    return {str(name or question).lower(): str(value).lower().rstrip(".") for question, name, value in rows}


def _alias(host: str, aliases: dict[str, str]) -> str | None:
    """Where the chain of names leads that leaves the host's own domain; None when it does not leave it."""
    chain = [host]
    while (name := aliases.get(chain[-1], "")) and name not in chain and len(chain) < LONGEST_CHAIN:
        chain.append(name)
    return chain[-1] if registrable_domain(chain[-1]) != registrable_domain(host) else None


def _cloaked(host: str, aliases: dict[str, str]) -> str | None:
    """The firm for advertising or analytics that answers under somebody else's name (CNAME cloaking)."""
    alias = _alias(host, aliases)
    own, other = (
        organisations().get(registrable_domain(host)),
        organisations().get(registrable_domain(alias or "")),
    )
    if other is None or other.purpose not in _FOLLOWERS or (own and own.name == other.name):
        return None
    return other.name


def _is_vendor(host: str, vendor_domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in vendor_domains)


def _party(host: str, vendor_domains: tuple[str, ...]) -> str:
    if not vendor_domains or not host:
        return "unknown"
    return "first" if _is_vendor(host, vendor_domains) else "third"


def _owner(
    host: str, domain: str, vendor: str, vendor_domains: tuple[str, ...]
) -> tuple[str | None, str | None, str | None]:
    """Who controls the host: the case file's word first, then our table; its source is said."""
    if vendor and _is_vendor(host, vendor_domains):
        return vendor, "the case file", None
    if row := organisations().get(domain):
        return row.name, f"organisations.toml: {row.reason}", row.purpose
    return None, None, None
