"""Vantages: one conversation that several captures saw is one, and what only one of them saw is told.

Joined are recordings of different captures by the ClientHello's random (it passes a VPN app unchanged), by
Community ID, else by name, time and size: the nearest pair of the same host whose clocks agree within two
seconds, after the offset that the sure pairs show, and whose sizes agree within a quarter. Two different
randoms are two connections where some connection to that host passed unchanged between the two places; where
none did, whoever intercepts made the second. Each is joined once with each other capture.
"""

from __future__ import annotations

from dataclasses import dataclass

from wirewitness.find.tables import Tables

CLOSE_NS = 2_000_000_000
_SURE = """
CREATE OR REPLACE TABLE pair AS
SELECT DISTINCT a.capture AS a_capture, a.id AS a_id, b.capture AS b_capture, b.id AS b_id, 'random' AS how
FROM named a JOIN named b USING (client_random)
WHERE client_random <> '' AND a.capture < b.capture
  AND a.first_ns <= b.last_ns + 3600000000000 AND b.first_ns <= a.last_ns + 3600000000000
UNION
SELECT a.capture, a.id, b.capture, b.id, 'tuple'
FROM (SELECT *, split_part(id, '#', 1) AS tuple FROM named) a
JOIN (SELECT *, split_part(id, '#', 1) AS tuple FROM named) b USING (tuple)
WHERE a.capture < b.capture AND a.first_ns <= b.last_ns AND b.first_ns <= a.last_ns
"""

# Clocks of two captures: what the sure pairs say, else the same.
_OFFSETS = """
CREATE OR REPLACE TABLE clock AS
SELECT a.capture AS a_capture, b.capture AS b_capture,
  coalesce(median(nb.first_ns - na.first_ns), 0)::BIGINT AS ahead
FROM (SELECT DISTINCT capture FROM named) a JOIN (SELECT DISTINCT capture FROM named) b
  ON a.capture < b.capture
LEFT JOIN pair p ON p.a_capture = a.capture AND p.b_capture = b.capture
LEFT JOIN named na ON na.capture = p.a_capture AND na.id = p.a_id
LEFT JOIN named nb ON nb.capture = p.b_capture AND nb.id = p.b_id
GROUP BY ALL
"""

_LIKE = "abs({0}::BIGINT - {1}::BIGINT) <= greatest(1024, greatest({0}, {1}) / 4)"
_BY_NAME = f"""
INSERT INTO pair
WITH a AS (SELECT n.*, c.b_capture, c.ahead, (n.first_ns + c.ahead) // {CLOSE_NS} AS bucket
    FROM named n JOIN clock c ON n.capture = c.a_capture
    WHERE label <> '' AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.a_capture = n.capture AND p.a_id = n.id
      AND p.b_capture = c.b_capture)),
  b AS (SELECT n.*, c.a_capture, unnest([first_ns // {CLOSE_NS} - 1, first_ns // {CLOSE_NS},
      first_ns // {CLOSE_NS} + 1]) AS bucket FROM named n JOIN clock c ON n.capture = c.b_capture
    WHERE label <> '' AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.b_capture = n.capture AND p.b_id = n.id
      AND p.a_capture = c.a_capture)),
  unchanged AS (
    SELECT DISTINCT p.a_capture, p.b_capture, n.label FROM pair p
    JOIN named n ON n.capture = p.a_capture AND n.id = p.a_id WHERE p.how = 'random'),
  near AS (
    SELECT a.capture AS a_capture, a.id AS a_id, b.capture AS b_capture, b.id AS b_id,
      abs(b.first_ns - a.first_ns - a.ahead) AS away
    FROM a JOIN b ON a.label = b.label AND a.bucket = b.bucket AND a.b_capture = b.capture
      AND b.a_capture = a.capture AND (a.port = b.port OR a.port = 0 OR b.port = 0)
    LEFT JOIN unchanged u ON u.a_capture = a.capture AND u.b_capture = b.capture AND u.label = a.label
    WHERE abs(b.first_ns - a.first_ns - a.ahead) <= {CLOSE_NS}
      AND (a.client_random = '' OR b.client_random = '' OR u.label IS NULL)
      AND {_LIKE.format("a.up", "b.up")} AND {_LIKE.format("a.down", "b.down")}),
  ranked AS (
    SELECT *, row_number() OVER (PARTITION BY a_capture, a_id, b_capture ORDER BY away, b_id) AS for_a,
      row_number() OVER (PARTITION BY b_capture, b_id, a_capture ORDER BY away, a_id) AS for_b FROM near)
SELECT a_capture, a_id, b_capture, b_id, 'name' FROM ranked WHERE for_a = 1 AND for_b = 1
"""  # noqa: S608 - numbers of ours

# Of two recordings the one of which more was read counts; what it lacks (name, server) the other gives.
_AGAIN = """
CREATE OR REPLACE TABLE twice AS
WITH way AS (
  SELECT a_capture AS capture, a_id AS id, b_capture AS other, b_id AS other_id, how FROM pair
  UNION ALL SELECT b_capture, b_id, a_capture, a_id, how FROM pair)
SELECT w.*, (o.readable_up + o.readable_down, o.up + o.down, -(o.capture::BIGINT))
    > (m.readable_up + m.readable_down, m.up + m.down, -(m.capture::BIGINT)) AS worse,
  o.host AS other_host, o.host_source AS other_source, o.address AS other_address, o.told AS other_told,
  o.app AS other_app
FROM way w JOIN named m ON m.capture = w.capture AND m.id = w.id
JOIN named o ON o.capture = w.other AND o.id = w.other_id
"""
_AGAIN_IDS = "CREATE OR REPLACE TABLE again AS SELECT DISTINCT capture, id FROM twice WHERE worse"
_LENT = """
CREATE OR REPLACE TABLE lent AS
SELECT capture, id, max(other_host) AS host, max(other_source) AS host_source,
  max(CASE WHEN other_told THEN other_address ELSE '' END) AS address, max(other_app) AS app
FROM twice WHERE NOT worse GROUP BY ALL
"""
# One vantage calls an app by its package, the other by its name on the screen: where the same connections say
# that the two are one, and nothing says otherwise, it is called by both.
_PACKAGE = "regexp_full_match({0}, '[a-z][A-Za-z0-9_]*([.][A-Za-z0-9_]+)+')"
_APP_NAMES = f"""
CREATE OR REPLACE TABLE app_name AS
WITH pair AS (
  SELECT DISTINCT m.app AS shown, t.other_app AS package
  FROM twice t JOIN named m ON m.capture = t.capture AND m.id = t.id
  WHERE m.app <> '' AND {_PACKAGE.format("t.other_app")} AND NOT {_PACKAGE.format("m.app")}),
sure AS (
  SELECT shown, package FROM pair
  QUALIFY count(*) OVER (PARTITION BY shown) = 1 AND count(*) OVER (PARTITION BY package) = 1)
SELECT unnest([shown, package]) AS app, shown || ' (' || package || ')' AS name FROM sure
"""  # noqa: S608 - a pattern of ours
_ALONE = """
WITH span AS (SELECT capture, min(first_ns) AS first_ns, max(last_ns) AS last_ns FROM named GROUP BY ALL),
joined AS (SELECT DISTINCT a_capture AS capture, b_capture AS other FROM pair
  UNION SELECT b_capture, a_capture FROM pair)
SELECT n.capture, count(DISTINCT n.id), sum(n.up) FROM named n JOIN joined j ON j.capture = n.capture
JOIN span s ON s.capture = j.other AND n.first_ns >= s.first_ns AND n.first_ns <= s.last_ns
WHERE NOT EXISTS (SELECT 1 FROM twice b WHERE b.capture = n.capture AND b.id = n.id)
GROUP BY n.capture ORDER BY n.capture
"""


@dataclass(frozen=True)
class Alone:
    """Flows that one capture saw while another that shares flows with it was running and did not."""

    capture: int
    flows: int
    up_bytes: int


def join_vantages(tables: Tables) -> tuple[int, tuple[Alone, ...]]:
    """Leaves `again` (recordings that do not count), `lent` and `app_name`; how many, and who saw what alone.

    Needs the scratch table `named`.
    """
    for step in (_SURE, _OFFSETS, _BY_NAME, _AGAIN, _AGAIN_IDS, _LENT, _APP_NAMES):
        tables.run(step)
    (again,) = tables.rows("SELECT count(*) FROM again")[0]
    alone = tuple(Alone(int(c or 0), int(n or 0), int(up or 0)) for c, n, up in tables.rows(_ALONE))
    return int(again or 0), alone


def no_vantages(tables: Tables) -> None:
    """The same tables, empty: there is one capture."""
    tables.run("CREATE OR REPLACE TABLE again AS SELECT capture, id FROM named LIMIT 0")
    tables.run(
        "CREATE OR REPLACE TABLE lent AS "
        "SELECT capture, id, host, host_source, address, app FROM named LIMIT 0"
    )
    tables.run(
        "CREATE OR REPLACE TABLE twice AS "
        "SELECT capture, id, capture AS other, id AS other_id, true AS worse FROM named LIMIT 0"
    )
    tables.run("CREATE OR REPLACE TABLE app_name AS SELECT app, app AS name FROM named LIMIT 0")
