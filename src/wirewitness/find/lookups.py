"""Look-ups without a network: country and network of an address, registrable domain and owner of a host.

The databases ship in the package with their date, licence and source (data/SOURCES.json). An absent one is
said in a note and gives None everywhere; nothing is guessed.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Self

import maxminddb
from publicsuffixlist import PSLFILE, PublicSuffixList

from wirewitness.model.errors import Bug, InputError
from wirewitness.model.result import Database
from wirewitness.model.toml_text import TomlText


@dataclass(frozen=True)
class Organisation:
    """Who stands behind a registrable domain, what for, and how we know."""

    domain: str
    name: str
    purpose: str
    reason: str


class AddressBook:
    """Country and network by address; use it in `with`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(str(resources.files("wirewitness"))) / "data"
        self._sources = _sources(self._folder)
        self._country = self._open("country.mmdb")
        self._network = self._open("network.mmdb")

    @property
    def has_country(self) -> bool:
        """Whether the country database is there."""
        return self._country is not None

    @property
    def has_network(self) -> bool:
        """Whether the network database is there."""
        return self._network is not None

    @property
    def country_date(self) -> str | None:
        """The day of the country database."""
        source = self._sources.get("country.mmdb")
        return source.date if source and self.has_country else None

    @property
    def databases(self) -> tuple[Database, ...]:
        """All databases in use, for the result."""
        present = [name for name in sorted(self._sources) if (self._folder / name).is_file()]
        return tuple(self._sources[name] for name in present)

    def country(self, address: str) -> str | None:
        """The country an address is registered in, in two letters; None for private and unknown ones."""
        record = _record(self._country, address)
        code = record.get("country_code")
        return str(code) if code else None

    def network(self, address: str) -> str | None:
        """The network that announces an address: `AS64500 Name`."""
        record = _record(self._network, address)
        return f"AS{record['asn']} {record.get('name', '')}".strip() if record.get("asn") else None

    def _open(self, name: str) -> maxminddb.Reader | None:
        path = self._folder / name
        if not path.is_file():
            return None
        try:
            return maxminddb.open_database(path)
        except (maxminddb.InvalidDatabaseError, OSError) as error:
            raise InputError(path, f"cannot be read as a database of addresses: {error}") from None

    def close(self) -> None:
        """Closes the databases."""
        for reader in (self._country, self._network):
            if reader is not None:
                reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


@cache
def _suffixes() -> PublicSuffixList:
    # The library would encode each of ten thousand names; all but a few hundred are ASCII and stay so.
    return PublicSuffixList(source=_suffix_lines(), accept_unknown=True, accept_encoded_idn=False)


def _suffix_lines() -> Iterator[str]:
    with Path(PSLFILE).open(encoding="utf-8") as file:
        for line in file:
            yield line
            if not line.isascii() and not line.startswith("//"):
                exception, name = line.startswith("!"), line.split()[0].lstrip("!")
                yield "!" * exception + name.lower().encode("idna").decode()


def registrable_domain(host: str) -> str:
    """The domain somebody registered (list of publicsuffix.org); the host itself for an address."""
    if not host or host.replace(".", "").isdigit() or ":" in host:
        return host
    return _suffixes().privatesuffix(host) or host


@cache
def organisations() -> dict[str, Organisation]:
    """Owners by registrable domain, from data/organisations.toml."""
    file = resources.files("wirewitness") / "data" / "organisations.toml"
    found: dict[str, Organisation] = {}
    for row in TomlText.parse(Path(str(file)), file.read_bytes()).tables("organisation"):
        row.only("name", "purpose", "domains", "reason")
        for domain in row.texts("domains"):
            if domain in found:
                raise Bug(f"{domain} has two owners in organisations.toml")
            found[domain] = Organisation(domain, row.text("name"), row.text("purpose"), row.text("reason"))
    return found


@cache
def app_hosts() -> dict[str, str]:
    """Apps by a server name of their own client (".name": with all below it), from data/app_hosts.toml."""
    file = resources.files("wirewitness") / "data" / "app_hosts.toml"
    found: dict[str, str] = {}
    for row in TomlText.parse(Path(str(file)), file.read_bytes()).tables("app"):
        row.only("app", "hosts", "reason")
        row.text("reason")
        for host in row.texts("hosts"):
            if host in found:
                raise Bug(f"{host} has two apps in app_hosts.toml")
            found[host] = row.text("app")
    return found


def app_of_host(host: str) -> str:
    """The app that a server name hints at, or "".

    >>> app_of_host("mmx-ds.cdn.whatsapp.net")
    'com.whatsapp'
    >>> app_of_host("graph.facebook.com")
    ''
    """
    known = app_hosts()
    if host in known:
        return known[host]
    labels = host.split(".")
    return next(
        (known[end] for at in range(len(labels)) if (end := "." + ".".join(labels[at:])) in known), ""
    )


@cache
def carriers() -> dict[int, str]:
    """Clouds and content networks by the number of their network, from data/carriers.toml."""
    file = resources.files("wirewitness") / "data" / "carriers.toml"
    found: dict[int, str] = {}
    for row in TomlText.parse(Path(str(file)), file.read_bytes()).tables("carrier"):
        row.only("name", "kind", "networks", "reason")
        row.text("reason")
        for number in row.values["networks"]:
            if number in found:
                raise Bug(f"AS{number} has two rows in carriers.toml")
            found[number] = f"{row.text('name')} ({row.choice('kind', ('cloud', 'content network'))})"
    return found


def carrier_of(network: str | None) -> str | None:
    """The cloud or content network that a network (`AS16509 AMAZON-02`) is; None for any other."""
    number = (network or "").removeprefix("AS").split(" ", 1)[0]
    return carriers().get(int(number)) if number.isdigit() else None


def _record(reader: maxminddb.Reader | None, address: str) -> dict[str, object]:
    if reader is None or not _is_registered(address):
        return {}
    try:
        record = reader.get(address)
    except ValueError:  # an IPv6 address in a database of IPv4
        return {}
    return dict(record) if isinstance(record, dict) else {}


def _is_registered(address: str) -> bool:
    """Whether an address belongs to anybody; the databases give 192.168.0.0/16 and others to a registry."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    return known.is_global and not known.is_multicast


def _sources(folder: Path) -> dict[str, Database]:
    path = folder / "SOURCES.json"
    if not path.is_file():
        return {}
    try:
        rows = json.loads(path.read_text("utf-8"))
        return {
            str(row["file"]): Database(*(str(row[key]) for key in ("name", "date", "licence", "source")))
            for row in rows
        }
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(path, f"cannot be read as the list of databases: {error}") from None
