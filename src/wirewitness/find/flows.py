"""The phone's flows, each once, with the host it went to: the scratch table `phone_flow` that all else asks.

Columns: capture, id, address, host, host_source, first_ns, last_ns, up, down, readable_up, readable_down,
handshake_up, gap_up, gap_down, reason, state, alert, ja4, port, cert_names, cert_subject, passed (some
application byte went through).
"""

from __future__ import annotations

from dataclasses import dataclass

from wirewitness.find.tables import Tables
from wirewitness.find.vantages import Alone, join_vantages, no_vantages

LEG_NS = 5_000_000_000

_SIDES = """
CREATE OR REPLACE TABLE side AS SELECT capture, id, phone, first_ns, last_ns, state, alert, ja4, host,
  cert_names, cert_subject, sni, client_random, opaque_reason AS reason,
  first_packet = 0 AS told, app, proxied,
  CASE phone WHEN 'server' THEN client ELSE server END AS address,
  CASE phone WHEN 'server' THEN client_port ELSE server_port END AS port,
  CASE phone WHEN 'server' THEN app_bytes_server ELSE app_bytes_client END AS up,
  CASE phone WHEN 'server' THEN app_bytes_client ELSE app_bytes_server END AS down,
  CASE phone WHEN 'server' THEN readable_bytes_server ELSE readable_bytes_client END AS readable_up,
  CASE phone WHEN 'server' THEN readable_bytes_client ELSE readable_bytes_server END AS readable_down,
  CASE phone WHEN 'server' THEN handshake_bytes_server ELSE handshake_bytes_client END AS handshake_up,
  CASE phone WHEN 'server' THEN gap_bytes_server ELSE gap_bytes_client END AS gap_up,
  CASE phone WHEN 'server' THEN gap_bytes_client ELSE gap_bytes_server END AS gap_down
FROM flow WHERE phone <> 'none'
"""

# The name by which an address was last asked for before the flow began, by DNS or HTTPDNS. `label`
# joins vantages: of a look-up it is the name that was asked for.
_NAMED = """
CREATE OR REPLACE TABLE named AS
WITH dns AS (
  SELECT value AS address, time_ns, min(question) AS question,
    CASE WHEN arg_min(via, question) = '' THEN 'dns' ELSE 'httpdns' END AS source FROM name
  WHERE answered AND rtype IN ('A', 'AAAA') AND question <> '' GROUP BY ALL
), own AS (
  SELECT *, CASE WHEN contains(cert_names, ',') OR contains(cert_names, '*') THEN ''
    ELSE lower(cert_names) END AS cert
  FROM side),
asked AS (
  SELECT capture, flow, min(lower(question)) AS question FROM name WHERE flow <> '' GROUP BY ALL)
SELECT coalesce(nullif(lower(o.host), ''), lower(d.question), nullif(o.cert, ''), a.question, '') AS label,
  o.* EXCLUDE (host, cert, sni, phone),
  CASE WHEN o.host <> '' THEN lower(o.host)
       WHEN d.question IS NOT NULL THEN lower(d.question)
       ELSE o.cert END AS host,
  CASE WHEN o.host <> '' AND lower(o.sni) = lower(o.host) THEN 'sni'
       WHEN o.host <> '' AND o.told THEN 'source'
       WHEN o.host <> '' THEN 'host header'
       WHEN d.question IS NOT NULL THEN d.source
       WHEN o.cert <> '' THEN 'certificate'
       ELSE '' END AS host_source,
  (o.readable_up > 0 OR o.readable_down > 0 OR (o.up > 0 AND o.down > 0)) AS passed
FROM own o ASOF LEFT JOIN dns d ON o.address = d.address AND o.first_ns >= d.time_ns
LEFT JOIN asked a ON a.capture = o.capture AND a.flow = o.id
"""

# A proxy is not the destination: its own leg to the same name, opened within five seconds, tells the server,
# in the same capture or in that of another recording of it; where none was recorded, the address that it went
# on to is not known, and so is the country.
_PHONE_FLOWS = f"""
CREATE OR REPLACE TABLE phone_flow AS
WITH leg AS (
  SELECT capture, client AS proxy, lower(host) AS host, first_ns - {LEG_NS} AS from_ns, first_ns,
    server FROM flow WHERE phone = 'none' AND host <> ''),
own AS (
  SELECT n.* EXCLUDE (told, client_random, label) REPLACE (
    CASE WHEN n.host = '' AND l.host <> '' THEN l.host ELSE n.host END AS host,
    CASE WHEN n.host = '' AND l.host <> '' THEN l.host_source ELSE n.host_source END AS host_source,
    CASE WHEN NOT n.told AND l.address <> '' THEN l.address ELSE n.address END AS address,
    CASE WHEN n.app = '' THEN coalesce(l.app, '') ELSE n.app END AS app)
  FROM named n ANTI JOIN again USING (capture, id) LEFT JOIN lent l USING (capture, id)),
seen AS (
  SELECT capture, id, capture AS place, first_ns, address, host FROM own
  UNION ALL SELECT o.capture, o.id, t.other, n.first_ns, o.address, o.host
  FROM own o JOIN twice t USING (capture, id) JOIN named n ON n.capture = t.other AND n.id = t.other_id
  WHERE NOT t.worse),
beyond AS (
  SELECT s.capture, s.id, min(l.server) AS server FROM seen s ASOF JOIN leg l
    ON l.proxy = s.address AND l.host = s.host AND l.capture = s.place AND s.first_ns >= l.from_ns
  WHERE l.first_ns <= s.first_ns + {LEG_NS} GROUP BY ALL)
SELECT o.* EXCLUDE (proxied) REPLACE (
  coalesce(b.server, CASE WHEN o.proxied THEN '' ELSE o.address END) AS address)
FROM own o LEFT JOIN beyond b USING (capture, id)
"""  # noqa: S608 - numbers of ours


@dataclass(frozen=True)
class PhoneFlows:
    """How many recordings were second ones and do not count, and what single vantages saw alone."""

    again: int
    alone: tuple[Alone, ...]


def find_phone_flows(tables: Tables) -> PhoneFlows:
    """Makes the table `phone_flow`."""
    tables.run(_SIDES)
    tables.run(_NAMED)
    (captures,) = tables.rows("SELECT count(DISTINCT capture) FROM side")[0]
    again, alone = 0, tuple[Alone, ...]()
    if isinstance(captures, int) and captures > 1:
        again, alone = join_vantages(tables)
    else:
        no_vantages(tables)
    tables.run(_PHONE_FLOWS)
    tables.run("UPDATE phone_flow SET app = a.name FROM app_name a WHERE phone_flow.app = a.app")
    return PhoneFlows(again, alone)
