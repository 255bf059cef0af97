"""Destinations: one row for each host at each address, with what is known of it and from where."""

from __future__ import annotations

import re
from sys import intern

from wirewitness.find.lookups import AddressBook, carrier_of, organisations, registrable_domain
from wirewitness.find.senders import Senders, find_senders
from wirewitness.find.tables import Tables
from wirewitness.model.destination import Destination
from wirewitness.model.instant import Instant

LONGEST_CHAIN = 16
_PACKAGE = re.compile(r"\b[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+){1,8}")
_ORGANISATION = re.compile(r"(?:^|[,+/]\s*)O=(\"[^\"]+\"|.+?)(?=\s*[,+/]\s*[A-Za-z0-9.]+=|$)")
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
  min(f.first_ns), max(f.last_ns), coalesce(any_value(t.refused), 0), max(f.cert_subject),
  arg_max(f.cert_names, f.cert_subject)
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
    # Tens of thousands of addresses are possible: row by row, and what repeats is kept once.
    for row in tables.stream(_ROWS):
        host, address, source, flows, up, down, readable, first, last, refused, subject, names = row
        domain = registrable_domain(str(host))
        network = book.network(str(address))
        apps = senders.get((str(host), str(address)), Senders())
        owner, owner_source, purpose = _owner(str(host), domain, vendor, vendor_domains)
        if owner is None and (named := certified(str(host), str(subject), str(names), carrier_of(network))):
            owner, owner_source = named, "its certificate"
        found.append(
            Destination(
                host=intern(str(host)),
                host_source=intern(str(source)),
                domain=intern(domain),
                organisation=_kept(owner),
                organisation_source=_kept(owner_source),
                purpose=purpose,
                party=_party(str(host), vendor_domains, apps.apps),
                address=intern(str(address)),
                country=_kept(book.country(str(address))),
                country_date=book.country_date,
                network=_kept(network),
                carrier=_kept(carrier_of(network)),
                alias=_alias(str(host), aliases),
                cloaked=_cloaked(str(host), aliases),
                apps=apps.apps,
                app_hints=apps.hints,
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


def _kept(text: str | None) -> str | None:
    return None if text is None else intern(text)


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


def _party(host: str, vendor_domains: tuple[str, ...], apps: tuple[str, ...]) -> str:
    """Whose host it is: the vendor's, that of every app that sent to it, or another's."""
    if host and vendor_domains and _is_vendor(host, vendor_domains):
        return "first"
    if host and apps and all(_is_own(host, app) for app in apps):
        return "app"
    return "third" if host and vendor_domains else "unknown"


def _is_own(host: str, app: str) -> bool:
    """Whether an app's package is the host's domain turned round, or of its organisation by our table."""
    found = _PACKAGE.search(app)
    if not found:
        return False
    domain = registrable_domain(".".join(reversed(found[0].lower().split("."))))
    its, ours = organisations().get(domain), organisations().get(registrable_domain(host))
    return domain == registrable_domain(host) or (
        its is not None and ours is not None and its.name == ours.name
    )


def certified(host: str, subject: str, names: str, carrier: str | None) -> str | None:
    """The organisation that an authority wrote into the host's certificate; None where it is a carrier's.

    >>> certified("api.vendor.example", "C=CN, O=Vendor Ltd, CN=x", "*.vendor.example", None)
    'Vendor Ltd'
    """
    listed = {name.strip().lower() for name in names.split(",")}
    found = _ORGANISATION.search(subject)
    if not host or not found or not listed & {host, "*." + host.partition(".")[2]}:
        return None
    name = found[1].strip('"').strip()
    carries = carrier is not None and carrier.split()[0].lower() in name.lower()
    return None if carries or not name else name


def _owner(
    host: str, domain: str, vendor: str, vendor_domains: tuple[str, ...]
) -> tuple[str | None, str | None, str | None]:
    """Who controls the host: the case file's word first, then our table; its source is said."""
    if vendor and _is_vendor(host, vendor_domains):
        return vendor, "the case file", None
    if row := organisations().get(domain):
        return row.name, f"organisations.toml: {row.reason}", row.purpose
    return None, None, None
