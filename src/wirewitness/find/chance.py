"""What chance alone would find: short numbers weighed by their entropy and the capture's size.

A form of `bits` bits stands in one token of its shape and length with the probability 2^-bits; the core
counts the tokens that left the phone (table `tried`). All forms of a kind together make the expected number
of findings by chance. Of each kind and host, the probability of at least as many different facts as were
found decides (Poisson): from 0.5 on they are *refused*, from 0.001 on *marked*, below they count in full.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wirewitness.find.digests import WEAK, WEAK_BITS
from wirewitness.find.tables import Tables
from wirewitness.model.needle import PlainForm

REFUSED_FROM = 0.5
MARKED_FROM = 0.001
LONGEST = 12
"""Characters. A token of more digits is met by chance in no capture: 13 have 43 bits."""
TIME_BITS = 25.0
"""Of a number that may be a time in seconds: a year has that many."""
_DIGITS = re.compile(rb"[+-]?([0-9]+)")
_HEX = re.compile(rb"[0-9a-f]+|[0-9A-F]+")

_TRIED = "SELECT shape, length, sum(count) FROM tried GROUP BY ALL ORDER BY ALL"
_FOUND = """
SELECT kind, flow_host, count(DISTINCT fact) FROM seen
WHERE up AND weighed AND NOT adrift AND NOT masked GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Weight:
    """Of a form: the tokens that it is compared with (shape and length), and how rare it is among them."""

    shape: str
    length: int
    bits: float


@dataclass(frozen=True)
class ByChance:
    """Findings of a kind at a host that chance explains."""

    kind: str
    host: str
    facts: int
    expected: float


def weigh(form: PlainForm) -> Weight | None:
    """None where chance plays no part: long numbers, texts, and names, which chance does not write."""
    number = _DIGITS.fullmatch(form.data)
    length = len(number[1]) if number else len(form.data)
    if not form.whole_token or length > LONGEST:
        return None
    if form.digest in WEAK:
        return Weight("digits", length, WEAK_BITS) if number else Weight("hex", 8, WEAK_BITS)
    if number:
        is_time = length == len("1400000000") and number[1][:1] == b"1"
        return Weight("digits", length, TIME_BITS if is_time else length * math.log2(10))
    return Weight("hex", length, 4.0 * length) if _HEX.fullmatch(form.data) else None


def expected_by_kind(
    forms: Sequence[tuple[str, Weight]], tried: Mapping[tuple[str, int], int]
) -> dict[str, float]:
    """How many findings of each kind chance makes. `forms`: the kind and weight of each different form."""
    expected: dict[str, float] = defaultdict(float)
    for kind, weight in forms:
        expected[kind] += tried.get((weight.shape, weight.length), 0) * 2.0**-weight.bits
    return expected


def chance_of(expected: float, facts: int) -> float:
    """The probability of at least so many findings by chance (Poisson)."""
    if facts <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    # The tail is summed, for one less the head loses all digits where it is small.
    term = math.exp(facts * math.log(expected) - expected - math.lgamma(facts + 1))
    total, number = 0.0, facts
    while term > total * 1e-12 and number < facts + 100_000:
        total += term
        number += 1
        term *= expected / number
    return min(1.0, total)


def weigh_findings(tables: Tables, forms: Sequence[tuple[str, Weight]]) -> list[ByChance]:
    """Makes the scratch table `chance` (kind, host, p) of `seen`, and lists what is refused by it."""
    tried = {(str(shape), int(length or 0)): int(count or 0) for shape, length, count in tables.rows(_TRIED)}
    expected = expected_by_kind(forms, tried)
    rows = []
    refused = []
    for kind, host, facts in tables.rows(_FOUND):
        by_chance = expected.get(str(kind), 0.0)
        p = chance_of(by_chance, int(facts or 0))
        rows.append((str(kind), str(host), p))
        if p >= REFUSED_FROM:
            refused.append(ByChance(str(kind), str(host), int(facts or 0), by_chance))
    tables.fill("chance", "kind TEXT, flow_host TEXT, p DOUBLE", rows)
    return refused
