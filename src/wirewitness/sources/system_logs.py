"""What the phone's own system writes down: iOS's App Privacy Report, Android's intrusion logs (NDJSON).

Both name app and host (or address) and say nothing of sizes or contents. An iOS record stands for `hits`
contacts between two times. Android logs connections of system calls and look-ups; UDP is not in it
(developer.android.com, network activity logging; the line format is as the Mobile Verification Toolkit
documents it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wirewitness.model.telling import FlowEnd, Lack, Told, ToldFlow, ToldName
from wirewitness.sources.conversation import FlowIds
from wirewitness.sources.importer import Importer
from wirewitness.sources.json_records import tell_records
from wirewitness.sources.values import iso_ns, items, members, millis_ns, port, text

_IOS = re.compile(rb'"type"\s*:\s*"(access|networkActivity)"')
_ANDROID = re.compile(rb'^\{\s*"[a-z0-9_]+_event"\s*:\s*\{')


def _ios(record: dict[str, Any], line: int, ids: FlowIds) -> Iterator[Told]:
    """A contact; what an app looked at on the phone (type access) is no traffic."""
    kind = text(record.get("type"))
    if kind == "access":
        return
    if kind != "networkActivity" or not text(record.get("domain")):
        raise ValueError("expected a record of networkActivity with its domain")
    last = iso_ns(record.get("timeStamp"))
    first = iso_ns(record.get("firstTimeStamp") or record.get("timeStamp"))
    yield ToldFlow(
        key=line,
        id=ids.of_record(line),
        first_ns=min(first, last),
        last_ns=max(first, last),
        host=text(record["domain"]).lower().rstrip("."),
        unread="size_unknown",
        app=text(record.get("bundleID")),
    )
    yield FlowEnd(line)


def _android(record: dict[str, Any], line: int, ids: FlowIds) -> Iterator[Told]:
    """A connection or a look-up; other events are no traffic."""
    if not record:
        raise ValueError("expected an event of an intrusion log")
    if dns := members(record.get("dns_event")):
        when, question = millis_ns(dns.get("event_time")), text(dns.get("hostname")).lower().rstrip(".")
        if not question:
            raise ValueError("expected a dns_event with its hostname")
        addresses = [text(a).rpartition("/")[2] for a in items(dns.get("ip_addresses"))]
        app = text(dns.get("package_name"))
        yield ToldName(when, question, answered=not addresses, app=app)
        for address in addresses:
            rtype = "AAAA" if ":" in address else "A"
            yield ToldName(
                when, question, rtype, name=question, rtype=rtype, value=address, answered=True, app=app
            )
    if connect := members(record.get("connect_event")):
        when = millis_ns(connect.get("event_time"))
        host, _, address = text(connect.get("ip_address")).rpartition("/")
        if not address:
            raise ValueError("expected a connect_event with its ip_address")
        yield ToldFlow(
            key=line,
            id=ids.of_record(line),
            first_ns=when,
            last_ns=when,
            host=host.lower(),
            server=address,
            server_port=port(connect.get("port")),
            unread="size_unknown",
            app=text(connect.get("package_name")),
        )
        yield FlowEnd(line)


_LACKS = (Lack.BODIES, Lack.HEADERS, Lack.SIZES, Lack.ATTEMPTS, Lack.OTHER_TRAFFIC)
APP_PRIVACY_REPORT = Importer(
    kind="app_privacy_report",
    what="an iOS App Privacy Report (NDJSON)",
    lacks=(*_LACKS, Lack.ADDRESSES),
    recognise=lambda head: head.startswith(b"{") and _IOS.search(head.split(b"\n", 1)[0]) is not None,
    tell=lambda path, ids: tell_records(
        path, "a record of an App Privacy Report", lambda record, line: _ios(record, line, ids)
    ),
)
INTRUSION_LOG = Importer(
    kind="intrusion_log",
    what="an Android intrusion log (NDJSON)",
    lacks=_LACKS,
    recognise=lambda head: _ANDROID.match(head.split(b"\n", 1)[0]) is not None,
    tell=lambda path, ids: tell_records(
        path, "an event of an intrusion log", lambda record, line: _android(record, line, ids)
    ),
)
