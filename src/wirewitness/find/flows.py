"""The phone's flows, each once, with the host it went to: the scratch table `phone_flow` that all else asks.

Columns: capture, id, address, host, host_source, first_ns, last_ns, up, down, readable_up, readable_down,
handshake_up, gap_up, gap_down, reason, state, alert, ja4, port, passed (some application byte went through).
"""

from __future__ import annotations

from wirewitness.find.tables import Tables

_TIMES_OVERLAP = "a.first_ns <= b.last_ns AND b.first_ns <= a.last_ns"

_SIDES = """
CREATE OR REPLACE TABLE side AS SELECT capture, id, phone, first_ns, last_ns, state, alert, ja4, host,
  cert_names, client_random, opaque_reason AS reason,
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

# Two recordings of one flow (overlapping files, or two vantages): the one of which more was read counts.
_AGAIN = f"""
CREATE OR REPLACE TABLE again AS SELECT DISTINCT a.capture, a.id FROM side a JOIN side b
ON a.capture <> b.capture AND {_TIMES_OVERLAP}
AND (split_part(a.id, '#', 1) = split_part(b.id, '#', 1)
     OR (a.client_random <> '' AND a.client_random = b.client_random))
WHERE (b.readable_up + b.readable_down, b.up + b.down, -(b.capture::BIGINT))
    > (a.readable_up + a.readable_down, a.up + a.down, -(a.capture::BIGINT))
"""  # noqa: S608 - no input in it

# The name by which an address was last asked for before the flow began.
_NAMED = """
CREATE OR REPLACE TABLE phone_flow AS
WITH dns AS (
  SELECT value AS address, time_ns, min(question) AS question FROM name
  WHERE answered AND rtype IN ('A', 'AAAA') AND question <> '' GROUP BY ALL
), own AS (
  SELECT *, CASE WHEN regexp_matches(cert_names, '[,*]') THEN '' ELSE lower(cert_names) END AS cert
  FROM side ANTI JOIN again USING (capture, id))
SELECT o.* EXCLUDE (host, cert, cert_names, client_random, phone),
  CASE WHEN o.host <> '' THEN lower(o.host)
       WHEN d.question IS NOT NULL THEN lower(d.question)
       ELSE o.cert END AS host,
  CASE WHEN o.host <> '' THEN 'name in the flow'
       WHEN d.question IS NOT NULL THEN 'dns'
       WHEN o.cert <> '' THEN 'certificate'
       ELSE '' END AS host_source,
  (o.readable_up > 0 OR o.readable_down > 0 OR (o.up > 0 AND o.down > 0)) AS passed
FROM own o ASOF LEFT JOIN dns d ON o.address = d.address AND o.first_ns >= d.time_ns
"""


def find_phone_flows(tables: Tables) -> int:
    """Makes the table; returns how many flows were recorded a second time and left out."""
    tables.run(_SIDES)
    (captures,) = tables.rows("SELECT count(DISTINCT capture) FROM side")[0]
    if isinstance(captures, int) and captures > 1:
        tables.run(_AGAIN)
    else:
        tables.run("CREATE OR REPLACE TABLE again AS SELECT capture, id FROM side LIMIT 0")
    tables.run(_NAMED)
    (again,) = tables.rows("SELECT count(*) FROM again")[0]
    return int(again or 0)
