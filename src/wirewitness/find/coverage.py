"""Coverage of the phone's traffic as a whole: what was read, what was not and why, what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from sys import intern

from wirewitness.find.attempts import find_attempts
from wirewitness.find.tables import Tables
from wirewitness.find.unexplained import find_token_fields
from wirewitness.model.coverage import (
    ConditionCoverage,
    Coverage,
    LiveSpan,
    Opaque,
    OtherDevices,
)
from wirewitness.model.instant import hours

_TOTALS = """
SELECT sum(up), sum(readable_up), sum(handshake_up), count(*) FILTER (gap_up + gap_down > 0),
  sum(gap_up + gap_down) FROM phone_flow
"""
_OPAQUE = """
SELECT CASE WHEN host = '' THEN address ELSE host END AS destination, sum(bytes), reason,
  count(DISTINCT (capture, id)) FROM unread WHERE is_up GROUP BY ALL ORDER BY ALL
"""
_OTHERS = "SELECT count(*), sum(wire_bytes_client + wire_bytes_server) FROM flow WHERE phone = 'none'"


def find_coverage(
    tables: Tables, spans: Sequence[LiveSpan], conditions: Sequence[ConditionCoverage]
) -> Coverage:
    """Needs `phone_flow`, `unread`, `attempt`, `carrier`, `host_shown`, `repeated_token`.

    Spans and conditions pass through.
    """
    up, readable, handshake, gaps, gap_bytes = (int(n or 0) for n in tables.rows(_TOTALS)[0])
    flows, size = (int(n or 0) for n in tables.rows(_OTHERS)[0])
    opaque = tuple(
        Opaque(intern(str(d)), int(b or 0), intern(str(r)), int(n or 0))
        for d, b, r, n in tables.stream(_OPAQUE)
    )
    encrypted_within = sum(one.up_bytes for one in opaque if one.reason == "own_encryption")
    return Coverage(
        up_bytes=up,
        readable_up_bytes=max(0, readable - encrypted_within),
        handshake_up_bytes=handshake,
        gaps=gaps,
        gap_bytes=gap_bytes,
        hours=hours(sum(span.until - span.from_ for span in spans)),
        opaque=opaque,
        refused=find_attempts(tables),
        spans=tuple(spans),
        conditions=tuple(conditions),
        other_devices=OtherDevices(flows, size),
        tokens=find_token_fields(tables),
    )
