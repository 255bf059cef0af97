"""What an app tried and did not get: a row for each app, host and way in which it came to nothing.

Refused, unanswered and reset connections, handshakes that were broken off, certificates that the app rejected
(a pinned app refuses the proxy's), and names that were asked for while no connection to them followed. Such a
name may have been fetched ahead, or reached where no capture ran: it is told, and says nothing by itself.
"""

from __future__ import annotations

from wirewitness.find.tables import Tables
from wirewitness.model.coverage import Refused
from wirewitness.model.instant import NS, Instant

MOST = 5_000
BEFORE_NS = NS
"""Clocks of a look-up and its connection may be of different captures."""

# Names of the home's own network are no hosts of anybody's. A name is the phone's where its flow is, or where
# the phone's own list says which app asked.
_ASKED = """
CREATE OR REPLACE TABLE asked AS
SELECT coalesce(c.host, s.shown, lower(n.question)) AS host, lower(n.question) AS question, n.time_ns,
  coalesce(nullif(n.app, ''), f.app, '') AS app
FROM (SELECT DISTINCT capture, flow, question, time_ns, app FROM name
  WHERE question <> '' AND qtype IN ('', 'A', 'AAAA', 'HTTPS')
  AND NOT regexp_matches(lower(question), '(^|[.])(local|arpa|lan|home|internal|localdomain)[.]?$')
  AND contains(question, '.')) n
LEFT JOIN phone_flow f ON f.capture = n.capture AND f.id = n.flow AND f.port NOT IN (5353, 5355, 137)
LEFT JOIN host_shown s ON s.host = lower(n.question)
LEFT JOIN (SELECT DISTINCT question, host FROM carrier) c ON c.question = n.question
WHERE f.id IS NOT NULL OR n.app <> ''
"""
# A connection follows when its host or address is the name's, or a request on it names the host.
_FOLLOWED = f"""
CREATE OR REPLACE TABLE followed AS
SELECT host, max(last_ns) AS last_ns FROM (
  SELECT host, last_ns FROM phone_flow WHERE host <> ''
  UNION ALL SELECT lower(host), max(end_ns) FROM message
  WHERE up AND protocol <> 'dns' AND host <> '' GROUP BY ALL
  UNION ALL SELECT lower(n.question), f.last_ns FROM (
    SELECT DISTINCT question, value FROM name WHERE answered AND rtype IN ('A', 'AAAA')) n
    JOIN (SELECT address, max(last_ns) AS last_ns FROM phone_flow GROUP BY ALL) f ON f.address = n.value
) GROUP BY ALL;
CREATE OR REPLACE TABLE asked_only AS
SELECT DISTINCT a.app, a.host, a.time_ns FROM asked a
LEFT JOIN followed n ON n.host = a.question LEFT JOIN followed s ON s.host = a.host
WHERE greatest(coalesce(n.last_ns, 0), coalesce(s.last_ns, 0)) < a.time_ns - {BEFORE_NS}
"""  # noqa: S608 - a number of ours
_ROWS = f"""
WITH tried AS (
  SELECT CASE WHEN host = '' THEN address ELSE host END AS destination, app, first_ns AS time_ns,
    CASE WHEN how = 'aborted_handshake' AND regexp_matches(alert, 'certificate|unknown_ca')
      THEN 'certificate_rejected' ELSE how END AS how
  FROM attempt WHERE NOT retried
  UNION ALL SELECT host, app, time_ns, 'asked_only' FROM asked_only)
SELECT destination, app, how, count(*), min(time_ns), max(time_ns) FROM tried
GROUP BY destination, app, how ORDER BY how = 'asked_only', destination, how, app LIMIT {MOST}
"""  # noqa: S608 - a number of ours


def find_attempts(tables: Tables) -> tuple[Refused, ...]:
    """By destination, way and app; names that were only asked for last, at most `MOST` rows.

    Needs `phone_flow`, `attempt`, `carrier` and `host_shown`.
    """
    for step in (_ASKED, _FOLLOWED):
        tables.run(step)
    return tuple(
        Refused(
            str(destination),
            int(count or 0),
            str(how),
            str(app),
            Instant(int(first or 0)),
            Instant(int(last or 0)),
        )
        for destination, app, how, count, first, last in tables.rows(_ROWS)
    )
