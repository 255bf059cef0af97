"""Tokens that look like digests, that the phone sends again and again, and that nothing explains.

An identifier that was hashed with a salt nobody knows looks like this; so does an app's key, a session's
number or a name that the app made up for this installation. What tells them from signatures and nonces is
that they repeat. They accuse nobody; while they stand, no claim that no identifier was sent is held for true.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from wirewitness.find.tables import Tables
from wirewitness.model.coverage import UnexplainedTokens

APART_NS = 600 * 10**9
"""A token that is sent again within ten minutes may be the same request tried anew."""
_BASE64 = re.compile(r"[A-Za-z0-9_-]+")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


@dataclass(frozen=True)
class TokenField:
    """Repeated tokens in one field of what goes to one host at one address, in one situation."""

    situation: int
    host: str
    address: str
    field: str
    messages: int
    tokens: int


_SENT = r"""
CREATE OR REPLACE TABLE repeated_token AS
WITH named AS (
  SELECT t.*, f.address, f.host,
    trim(t.place || ' ' ||
      regexp_extract(t.steps, '"path":"([^"]+)"\}(?:,\{[^{}]*"path":""\})*\]$', 1)) AS field
  FROM token t JOIN phone_flow f ON f.capture = t.capture AND f.id = t.flow
  ANTI JOIN explained_token e ON e.value = t.value
  WHERE NOT contains(t.steps, '"codec":"optin_chunk"')),
again AS (
  SELECT value FROM named GROUP BY value
  HAVING count(DISTINCT (capture, flow, stream, number, from_client)) > 1
    AND max(time_ns) - min(time_ns) >= $1)
SELECT n.* FROM named n JOIN again USING (value)
"""
"""What lies in a chunk that only the owner's key opens says nothing to its receiver."""
_FIELDS = """
SELECT situation, host, address, field, count(DISTINCT (capture, flow, stream, number, from_client)),
  count(DISTINCT value)
FROM repeated_token t ASOF JOIN slice s ON t.time_ns >= s.from_ns GROUP BY ALL ORDER BY ALL
"""
_ALL = """
SELECT CASE WHEN host = '' THEN address ELSE host END AS destination, field,
  count(DISTINCT (capture, flow, stream, number, from_client)) AS messages, count(DISTINCT value)
FROM repeated_token GROUP BY destination, field ORDER BY messages DESC, destination, field LIMIT 1000
"""


def find_unexplained(tables: Tables, explained: Iterable[str]) -> list[TokenField]:
    """`explained` are tokens as the owner's export prints them. Needs `phone_flow` and `slice`."""
    values = sorted({value for text in explained if (value := value_of(text)) is not None})
    tables.fill("explained_token", "value UBIGINT", [(value,) for value in values])
    tables.run(_SENT, (APART_NS,))
    return [
        TokenField(int(n or 0), str(host), str(address), str(field), int(messages or 0), int(tokens or 0))
        for n, host, address, field, messages, tokens in tables.rows(_FIELDS)
    ]


def find_token_fields(tables: Tables) -> tuple[UnexplainedTokens, ...]:
    """The same over all situations, by destination and field. Needs `repeated_token`."""
    return tuple(
        UnexplainedTokens(str(destination), str(field), int(messages or 0), int(tokens or 0))
        for destination, field, messages, tokens in tables.rows(_ALL)
    )


def value_of(text: str) -> int | None:
    """What the core compares a token by (`scan/shaped.rs`): made of its raw bytes, however printed."""
    digits = text.rstrip("=").replace("+", "-").replace("/", "_")
    if _HEX.fullmatch(text):
        raw = bytes.fromhex(text)
    elif _BASE64.fullmatch(digits) and len(digits) % 4 != 1:
        raw = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
    else:
        return None
    return int.from_bytes(hashlib.sha256(raw).digest()[:8])
