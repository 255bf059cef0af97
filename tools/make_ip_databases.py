"""Make the IP databases that the package ships, from two npm packages.

    npm pack @ip-location-db/geo-whois-asn-country-mmdb @ip-location-db/asn
    pip install mmdb_writer
    python tools/make_ip_databases.py FOLDER_WITH_THE_TWO_TGZ src/wirewitness/data

`country.mmdb` is taken as it is (record: {"country_code": "CN"}). `network.mmdb` is made from the
CSV ranges (record: {"asn": 13335, "name": "Cloudflare, Inc."}); neighbouring ranges of one network
are joined first. The packages' version holds the date of the data.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import tarfile
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

DOUBT = (
    "The publisher says that the data on npm has known errors and that later data is issued elsewhere; "
    "a country or network read from it is an indication, to be confirmed with the registry."
)


def main(source: Path, target: Path) -> None:
    """Read both packages in `source` and write the two databases and SOURCES.json to `target`."""
    country = next(source.glob("*country-mmdb-*.tgz"))
    network = next(source.glob("ip-location-db-asn-*.tgz"))
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(country) as archive:
        data = archive.extractfile("package/geo-whois-asn-country.mmdb")
        assert data is not None
        (target / "country.mmdb").write_bytes(data.read())
    writer = MMDBWriter(6, "wirewitness-network", languages=["en"], ipv4_compatible=True)
    with tarfile.open(network) as archive:
        for member, parse in (("asn-ipv4.csv", IPv4Address), ("asn-ipv6.csv", IPv6Address)):
            data = archive.extractfile(f"package/{member}")
            assert data is not None
            for low, high, asn, name in joined(io.TextIOWrapper(data, "utf-8"), parse):
                cidrs = [str(net) for net in summarize_address_range(parse(low), parse(high))]
                writer.insert_network(IPSet(cidrs), {"asn": asn, "name": name})
    writer.to_db_file(str(target / "network.mmdb"))
    sources = [
        {
            "file": "country.mmdb",
            "name": "ip-location-db geo-whois-asn-country",
            "date": date_of(country),
            "licence": "CC0-1.0",
            "source": "npm @ip-location-db/geo-whois-asn-country-mmdb",
            "attribution": "Statistics of the Number Resource Organization (NRO), CC BY 4.0",
            "doubt": DOUBT,
        },
        {
            "file": "network.mmdb",
            "name": "ip-location-db asn",
            "date": date_of(network),
            "licence": "CC-BY-4.0",
            "source": "npm @ip-location-db/asn",
            "attribution": "RouteViews (routeviews.org), IP to ASN Lite by DB-IP (db-ip.com), NRO (nro.net)",
            "doubt": DOUBT,
        },
    ]
    (target / "SOURCES.json").write_text(json.dumps(sources, indent=1) + "\n")


def joined(text: io.TextIOBase, parse: type) -> list[tuple[int, int, int, str]]:
    """Ranges of the CSV with neighbours of the same network made one, as integers."""
    rows: list[tuple[int, int, int, str]] = []
    for low_text, high_text, asn, name in csv.reader(text):
        low, high = int(parse(low_text)), int(parse(high_text))
        if rows and rows[-1][1] + 1 == low and rows[-1][2] == int(asn):
            rows[-1] = (rows[-1][0], high, rows[-1][2], rows[-1][3])
        else:
            rows.append((low, high, int(asn), name))
    return rows


def date_of(package: Path) -> str:
    """`2.3.2026061719.tgz` -> `2026-06-17`."""
    stamp = package.name.removesuffix(".tgz").rsplit(".", 1)[1]
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
